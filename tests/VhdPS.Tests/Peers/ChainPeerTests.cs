using System.Text.Json;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Set;
using VhdPS.Tests.Chains;

namespace VhdPS.Tests.Peers;

/// <summary>
/// Chains against 7-Zip, which follows W2ru locators and honours each bit. libvhdi misreads partly set bitmaps and qemu-img
/// reads a child's parent as zeros: neither is asked about chains.
/// </summary>
public sealed class ChainPeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.SevenZip)]
    [InlineData(21, "Dynamic", 2)]
    [InlineData(22, "Fixed", 3)]
    [InlineData(23, "Dynamic", 6)]
    public void SevenZipExtractsTheSameDiskFromAChain(int seed, string rootKind, int depth)
    {
        var model = new ChainModel(_folder, new Random(seed), 7000 + seed, rootKind);
        for (int i = 1; i < depth; i++)
        {
            model.AddChild();
            model.WriteRandomly(15);
        }

        string output = _folder["extracted"];
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tVHD", "-y", $"-o{output}", model.Path);
        string extracted = Assert.Single(Directory.GetFiles(output));
        byte[] bytes = File.ReadAllBytes(extracted);
        Assert.True(bytes.AsSpan().SequenceEqual(model.Content), $"{extracted} differs");
        PeerProcess.Run(PeerPrograms.SevenZip, "t", "-tVHD", model.Path);
    }

    [PeerFact(PeerPrograms.SevenZip)]
    public void SevenZipFollowsALinkThatWasSetAnew()
    {
        var model = new ChainModel(_folder, new Random(31), 5000, "Dynamic");
        string root = model.Path;
        model.AddChild();
        model.WriteRandomly(10);

        // Beside the child: on Linux 7-Zip takes the "\" of a relative path for a part of the name.
        string moved = _folder["Basis \u00e9.vhd"];
        File.Move(root, moved);
        SetImageOperation.Run(new SetImageOptions(model.Path) { ParentPath = moved });
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tVHD", "-y", $"-o{_folder["extracted"]}", model.Path);
        Assert.True(File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder["extracted"]))).AsSpan().SequenceEqual(model.Content));
        model.AssertReads(10);
    }

    [PeerFact(PeerPrograms.QemuImg)]
    public void BlockRunsAreThoseOfQemuImgMap()
    {
        // A dynamic image of scattered blocks: what qemu-img reads rightly.
        string path = _folder["scattered.vhd"];
        ImageCreator.Create(path, new NewImage(80 * 1024 * 1024)
        {
            BlockSize = 64 * 1024,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        byte[] data = new byte[64 * 1024];
        data.AsSpan().Fill(0x5A);
        using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
        {
            var random = new Random(7);
            foreach (int block in Enumerable.Range(0, 1280).OrderBy(_ => random.Next()).Take(400).Concat(Enumerable.Range(500, 100)))
            {
                image.WriteSectors(block * 128L, data);
            }
        }

        using JsonDocument map = JsonDocument.Parse(PeerProcess.Run(PeerPrograms.QemuImg, "map", "--output=json", "-f", "vpc", path));
        var peer = new SortedDictionary<long, long>();
        foreach (JsonElement run in map.RootElement.EnumerateArray())
        {
            long start = run.GetProperty("start").GetInt64(), length = run.GetProperty("length").GetInt64();
            for (long at = start; at < start + length; at += 64 * 1024)
            {
                peer[at] = run.GetProperty("data").GetBoolean() ? run.GetProperty("offset").GetInt64() + at - start : -1;
            }
        }

        var ours = new SortedDictionary<long, long>();
        using (VhdImage image = VhdImage.Open(path))
        {
            foreach (BlockRun run in BlockMap.FromTable(image))
            {
                for (long i = 0; i < run.Count; i++)
                {
                    ours[(run.Sector * 512) + (i * 64 * 1024)] = run.FileOffset < 0 ? -1 : run.FileOffset + (i * run.FileStride);
                }
            }
        }

        Assert.Equal(peer, ours);
    }
}
