using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Crash;

/// <summary>A file that is not to be synced costs no sync of any kind, is the same file, and takes no other's place.</summary>
public sealed class UnsyncedTests : IDisposable
{
    private static readonly DateTime Time = new(2024, 3, 4, 5, 6, 8, DateTimeKind.Utc);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.Strace)]
    [InlineData("unsynced")]
    [InlineData("synced")]
    public void Making_files_without_syncs_calls_none(string how)
    {
        using var log = new TempFolder();
        PeerResult result = PeerProcess.TryRun(
            PeerPrograms.Strace,
            ["-f", "-qq", "-o", log["log"], "-e", "trace=fsync,fdatasync,sync,syncfs,sync_file_range,msync",
            .. WriterProcess.Command, "new", _folder.Root, how]);
        Assert.True(result.ExitCode == 0, result.ToString());
        int syncs = File.ReadLines(log["log"]).Count(line => line.Contains("sync", StringComparison.Ordinal));
        if (how == "unsynced")
        {
            Assert.Equal(0, syncs);
        }
        else
        {
            // The same work, so that the count above is one of something: a file and its folder each.
            Assert.InRange(syncs, 2 * (5 + NewImages.Converted.Count), 100);
        }

        foreach ((string name, DiskFormat format) in NewImages.Converted)
        {
            SourceFormat read = format == DiskFormat.Raw ? SourceFormat.Raw : SourceFormat.Vhd;
            using DiskSource source = DiskSource.Open(_folder[name], read);
            byte[] disk = new byte[source.SizeBytes];
            source.ReadAt(0, disk);
            Assert.Equal(NewImages.Disk(), disk);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_exists_is_never_replaced_without_a_sync(bool overwrite)
    {
        byte[] old = "someone's"u8.ToArray();
        NewImages.Make(_folder.Root, sync: false);
        string path = _folder.Write("target.vhd", old);
        string pathVhdx = _folder.Write("target.vhdx", old);
        AssertRefused(() => ImageCreator.Create(
            path, new NewImage(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = Time }, overwrite, sync: false));
        AssertRefused(() => ChildCreator.Create(
            path, new NewChild(_folder["new-Dynamic.vhd"]) { UniqueId = Guid.NewGuid(), TimeStamp = Time }, overwrite, sync: false));
        AssertRefused(() => VhdxCreator.Create(
            pathVhdx, new NewVhdx(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = Time }, overwrite, sync: false));
        AssertRefused(() => VhdxCreator.CreateChild(
            pathVhdx, new NewVhdxChild(_folder["new.vhdx"]) { UniqueId = Guid.NewGuid(), TimeStamp = Time }, overwrite, sync: false));
        AssertRefused(() => ConvertOperation.Begin(Converting(path) with { Force = overwrite }).Dispose());
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal(old, File.ReadAllBytes(pathVhdx));
    }

    [Fact]
    public void A_file_that_someone_made_meanwhile_is_not_replaced()
    {
        NewImages.Make(_folder.Root, sync: false);
        using var operation = ConvertOperation.Begin(Converting(_folder["target.vhd"]) with { Force = true });
        string path = _folder.Write("target.vhd", "someone's"u8);
        Assert.Throws<VhdOperationException>(() => operation.Run());
        Assert.Equal("someone's"u8.ToArray(), File.ReadAllBytes(path));
        Assert.Empty(Directory.GetFiles(_folder.Root, ".vhdps-*"));
    }

    [Fact]
    public void The_source_of_a_file_that_is_not_synced_is_not_deleted()
    {
        NewImages.Make(_folder.Root, sync: false);
        ConvertOptions options = Converting(_folder["target.vhd"]) with { DeleteSource = true };
        Assert.Throws<ArgumentException>(() => ConvertOperation.Begin(options));
        Assert.True(File.Exists(options.SourcePath));
        Assert.False(File.Exists(options.TargetPath));
    }

    private static void AssertRefused(Action make)
    {
        VhdOperationException error = Assert.Throws<VhdOperationException>(make);
        Assert.Equal(OperationError.TargetExists, error.Code);
        Assert.False(error.IsOverridable);
    }

    private ConvertOptions Converting(string target) => new(_folder["dynamic.vhd"], target)
    {
        TargetFormat = DiskFormat.Fixed,
        Sync = false,
        UniqueId = Guid.NewGuid(),
        TimeStamp = Time,
    };
}
