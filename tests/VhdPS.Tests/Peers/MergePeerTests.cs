using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Tests.Chains;

namespace VhdPS.Tests.Peers;

/// <summary>What 7-Zip reads from a chain before it is merged is what qemu-img and 7-Zip read from the one image afterwards.</summary>
public sealed class MergePeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.SevenZip)]
    [InlineData(41, "Dynamic", 1, false)]
    [InlineData(42, "Fixed", 2, false)]
    [InlineData(43, "Dynamic", 3, false)]
    [InlineData(44, "Dynamic", 2, true)]
    public void The_disk_is_what_it_was(int seed, string rootKind, int children, bool isNewFile)
    {
        var model = new ChainModel(_folder, new Random(seed), 6000 + seed, rootKind);
        string root = model.Path;
        for (int i = 0; i < children; i++)
        {
            model.AddChild();
            model.WriteRandomly(20);
        }

        string raw = _folder.Write("before.raw", Extract(model.Path, "before"));
        string target = isNewFile ? _folder["new.vhd"] : root;
        MergeOperation.Run(new MergeOptions(model.Path)
        {
            Depth = children,
            DestinationPath = isNewFile ? target : null,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        if (!IsMisreadByQemu(target))
        {
            Assert.Contains(
                "Images are identical", PeerProcess.Run(
                    PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vpc", raw, target), StringComparison.Ordinal);
        }

        Assert.Equal(File.ReadAllBytes(raw), Extract(target, "after"));
    }

    private static bool IsMisreadByQemu(string path) =>
        ImageChecker.Check(path).Findings.Any(finding => finding.Code == FaultCode.BlockSizeMisread);

    private byte[] Extract(string path, string name)
    {
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tVHD", "-y", $"-o{_folder[name]}", path);
        return File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder[name])));
    }
}
