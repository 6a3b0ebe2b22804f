using System.Runtime.Versioning;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Files;

/// <summary>What a system refuses is said by an error of the engine, never by one of the framework's own.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RefusedAccessTests : IDisposable
{
    private const UnixFileMode Everyone = (UnixFileMode)0x1FF;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>In a folder with the sticky bit everyone may make files, and only its owner may rename or delete one.</summary>
    [RootFact]
    public void Of_another_user_no_file_is_replaced_or_deleted()
    {
        string shared = Directory.CreateDirectory(_folder["shared"]).FullName;
        File.SetUnixFileMode(shared, Everyone | UnixFileMode.StickyBit);
        File.SetUnixFileMode(_folder.Root, Everyone);
        string target = Path.Combine(shared, "a.vhd"), partial = Path.Combine(shared, "a.vhd.part");
        File.WriteAllBytes(target, SoundImage.Dynamic().Bytes);
        File.WriteAllBytes(partial, [1]);
        File.SetUnixFileMode(target, Everyone);
        File.SetUnixFileMode(partial, Everyone);
        byte[] before = File.ReadAllBytes(target);
        OtherUser.Run(() =>
        {
            AssertRefused(target, () =>
            {
                using var file = ReplacementFile.Begin(target, overwrite: true);
                file.File.WriteAt(0, [2]);
                file.Commit(sync: false);
            });
            AssertRefused(target, () => PartialFile.Commit(partial, target, overwrite: true));
            AssertRefused(partial, () => PartialFile.Delete(partial));
            using var open = LocalImageFile.OpenReadToDelete(target);
            AssertRefused(target, open.Delete);
        });
        Assert.Equal(before, File.ReadAllBytes(target));
        Assert.Equal(2, Directory.GetFiles(shared).Length);
    }

    [RootFact]
    public void A_file_that_may_not_be_written_says_so()
    {
        string path = _folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        File.SetUnixFileMode(_folder.Root, Everyone);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        OtherUser.Run(() =>
        {
            AssertRefused(path, () => VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }));
            AssertRefused(path, () => ReplacementFile.Begin(path, overwrite: true));
            AssertRefused(path, () => ReplacementFile.ThrowIfInTheWay(path, overwrite: true, source: null));
        });
    }

    [Fact]
    public void An_image_over_a_file_that_is_open_for_reading_is_not_opened_for_writing()
    {
        string path = _folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        AssertRefused(path, () => VhdImage.Open(LocalImageFile.OpenRead(path), new VhdOpenOptions { ForWriting = true }));
        LocalImageFile.OpenWrite(path).Dispose();
    }

    [PeerFact("mount", "umount")]
    public void Free_space_is_asked_where_the_file_lies_that_a_link_names()
    {
        string disk = Directory.CreateDirectory(_folder["disk"]).FullName, link = _folder["link.vhd"];
        if (PeerProcess.TryRun("mount", "-t", "tmpfs", "-o", "size=64k", "none", disk).ExitCode != 0)
        {
            return;
        }

        try
        {
            File.WriteAllBytes(Path.Combine(disk, "a.vhd"), SoundImage.Dynamic().Bytes);
            File.CreateSymbolicLink(link, Path.Combine("disk", "a.vhd"));
            VolumeSpace.ThrowIfLess(_folder["other.vhd"], 128 * 1024);
            var error = Assert.Throws<VhdOperationException>(() => VolumeSpace.ThrowIfLess(link, 128 * 1024));
            Assert.Equal(OperationError.NotEnoughSpace, error.Code);
            Assert.EndsWith($"are free in {disk}.", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            PeerProcess.Run("umount", disk);
        }
    }

    /// <summary>A write that the medium took in part has made the file longer.</summary>
    [PeerFact("mount", "umount")]
    public void After_a_failed_write_the_length_is_that_of_the_file()
    {
        string disk = Directory.CreateDirectory(_folder["disk"]).FullName;
        if (PeerProcess.TryRun("mount", "-t", "tmpfs", "-o", "size=64k", "none", disk).ExitCode != 0)
        {
            return;
        }

        try
        {
            using var file = LocalImageFile.CreateNew(Path.Combine(disk, "a.vhd"));
            file.WriteAt(0, new byte[512]);
            Assert.True(Assert.Throws<ImageIOException>(() => file.WriteAt(512, new byte[256 * 1024])).IsDiskFull);
            Assert.Equal(new FileInfo(Path.Combine(disk, "a.vhd")).Length, file.Length);
            Assert.InRange(file.Length, 513, 64 * 1024);
        }
        finally
        {
            PeerProcess.Run("umount", disk);
        }
    }

    private static void AssertRefused(string path, Action action) =>
        Assert.Contains(path, Assert.Throws<ImageAccessException>(action).Message, StringComparison.Ordinal);
}
