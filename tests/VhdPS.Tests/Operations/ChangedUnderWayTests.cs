using System.Security.Cryptography;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Operations;

/// <summary>
/// A program that takes no lock writes to an image, or puts another in its place, while it is read: nothing is deleted then,
/// and no result is given for true. The program is another process, which locks of .NET do not keep off.
/// </summary>
public sealed class ChangedUnderWayTests : IDisposable
{
    private const int DiskBytes = 1 << 20;

    private static readonly VhdOpenOptions Writing = new() { ForWriting = true };

    private readonly TempFolder _folder = new();
    private readonly string _root;
    private readonly string _child;
    private readonly string _leaf;

    public ChangedUnderWayTests()
    {
        _root = _folder["root.vhd"];
        _child = _folder["child.vhd"];
        _leaf = _folder["leaf.vhd"];
        ImageCreator.Create(_root, new NewImage(DiskBytes) { BlockSize = 4096, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Fill(_root, 1, 0);
        ChildCreator.Create(_child, new NewChild(_root) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Fill(_child, 2, 100);
        ChildCreator.Create(_leaf, new NewChild(_child) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Fill(_leaf, 3, 200);

        // Times of writes are kept in steps of a few milliseconds.
        Thread.Sleep(20);
    }

    public static TheoryData<string, string> Changes => new()
    {
        { "leaf", "written" }, { "leaf", "replaced" },
        { "child", "written" }, { "child", "replaced" },
        { "root", "written" }, { "root", "replaced" }, { "root", "longer" },
    };

    public void Dispose() => _folder.Dispose();

    [UnixTheory]
    [MemberData(nameof(Changes))]
    public void A_conversion_deletes_nothing_and_makes_nothing(string name, string how)
    {
        using var operation = ConvertOperation.Begin(new ConvertOptions(_leaf, _folder["new.vhd"])
        {
            DeleteSource = true,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        AssertInUse(name, () => operation.Run(ChangeOnce(name, how)));
        Assert.True(File.Exists(_leaf));
        Assert.False(File.Exists(_folder["new.vhd"]));
    }

    [UnixTheory]
    [MemberData(nameof(Changes))]
    public void A_hash_is_not_reported(string name, string how)
    {
        using DiskSource source = DiskSource.Open(_leaf, SourceFormat.Vhd);
        AssertInUse(name, () => DiskHash.Compute(source, HashAlgorithmName.SHA256, ChangeOnce(name, how)));
    }

    [UnixTheory]
    [MemberData(nameof(Changes))]
    public void A_comparison_is_not_reported(string name, string how)
    {
        foreach (bool isReference in new[] { true, false })
        {
            using DiskSource chain = DiskSource.Open(_leaf, SourceFormat.Vhd), other = DiskSource.Open(_root, SourceFormat.Vhd);
            if (name == "root")
            {
                continue;
            }

            DiskSource a = isReference ? chain : other, b = isReference ? other : chain;
            AssertInUse(name, () => _ = DiskComparison.FindDifferences(a, b, ChangeOnce(name, how)).Count());
        }
    }

    [UnixTheory]
    [InlineData("leaf", "written")]
    [InlineData("leaf", "replaced")]
    [InlineData("leaf", "longer")]
    [InlineData("child", "replaced")]
    public void A_merge_deletes_nothing(string name, string how)
    {
        AssertInUse(name, () => MergeOperation.Run(Merging(_leaf), ChangeOnce(name, how)));
        Assert.True(File.Exists(_leaf));
        Assert.True(File.Exists(_child));
    }

    [UnixTheory]
    [MemberData(nameof(Changes))]
    public void A_merge_into_a_new_file_makes_none(string name, string how)
    {
        foreach (int depth in new[] { 1, 2 })
        {
            MergeOptions options = Merging(_leaf) with { DestinationPath = _folder["new.vhd"], Depth = depth };
            AssertInUse(name, () => MergeOperation.Run(options, ChangeOnce(name, how)));
            Assert.False(File.Exists(_folder["new.vhd"]));
            Thread.Sleep(20);
        }
    }

    [UnixFact]
    public void Of_a_link_the_file_that_was_read_is_deleted()
    {
        string link = _folder["link.vhd"], converted = _folder["new.vhd"];
        File.CreateSymbolicLink(link, "leaf.vhd");
        using (var operation = ConvertOperation.Begin(new ConvertOptions(link, converted)
        {
            DeleteSource = true,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        }))
        {
            operation.Run();
        }

        Assert.False(File.Exists(_leaf));
        Assert.Equal("leaf.vhd", new FileInfo(link).LinkTarget);
        string childLink = _folder["child-link.vhd"];
        File.CreateSymbolicLink(childLink, "child.vhd");
        MergeOperation.Run(Merging(childLink));
        Assert.False(File.Exists(_child));
        Assert.Equal("child.vhd", new FileInfo(childLink).LinkTarget);
    }

    [UnixFact]
    public void A_pipe_is_refused_as_source_and_as_target()
    {
        string pipe = _folder["pipe"];
        PeerProcess.Run("mkfifo", pipe);
        Assert.Equal(FaultCode.NotRegularFile, Assert.Throws<VhdFormatException>(() => MergeOperation.Run(Merging(pipe))).Finding.Code);
        foreach (int depth in new[] { 1, 2 })
        {
            MergeOptions options = Merging(_leaf) with { DestinationPath = pipe, Force = true, Depth = depth };
            Assert.Equal(FaultCode.NotRegularFile, Assert.Throws<VhdFormatException>(() => MergeOperation.Run(options)).Finding.Code);
            Assert.Equal(FaultCode.NotRegularFile, Assert.Throws<VhdFormatException>(() => MergeOperation.Plan(options)).Finding.Code);
        }

        Assert.Equal(4, Directory.GetFileSystemEntries(_folder.Root).Length);
    }

    private static MergeOptions Merging(string path) => new(path) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };

    private static void Fill(string path, byte value, int sector)
    {
        byte[] data = new byte[300 * 512];
        data.AsSpan().Fill(value);
        using VhdImage image = VhdImage.Open(path, Writing);
        image.WriteSectors(sector, data);
    }

    private void AssertInUse(string name, Action action) =>
        Assert.Contains(_folder[name + ".vhd"], Assert.Throws<ImageInUseException>(action).Message, StringComparison.Ordinal);

    /// <summary>Changes a file at the first report of bytes that are done.</summary>
    private StepProgress ChangeOnce(string name, string how)
    {
        string path = _folder[name + ".vhd"];
        bool isDone = false;
        StepProgress progress = null!;
        progress = new StepProgress(_ =>
        {
            if (isDone || progress.Steps[^1].DoneBytes == 0)
            {
                return;
            }

            isDone = true;
            PeerProcess.Run("sh", "-c", how switch
            {
                "written" => $"printf x | dd of='{path}' bs=1 seek=40000 conv=notrunc 2>/dev/null",
                "longer" => $"truncate -s +512 '{path}'",
                _ => $"cp -p '{path}' '{path}.copy' && mv '{path}.copy' '{path}'",
            });
        });
        return progress;
    }
}
