using System.Runtime.Versioning;
using VhdPS.Engine.Files;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Files;

/// <summary>How a replacement ends, committed or not: nothing is left open, locked or behind.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ReplacementEndTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_lock_goes_with_the_commit()
    {
        string path = _folder.Write("target", "old"u8);
        using var replacement = ReplacementFile.Begin(path, overwrite: true);
        Assert.Empty(replacement.Warnings);
        replacement.Commit();
        LocalImageFile.OpenWrite(path).Dispose();
    }

    /// <summary>A file that is closed cannot be synced; it can be given its name.</summary>
    [UnixTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_its_sync_no_file_takes_a_name(bool sync)
    {
        string path = _folder.Write("target", "old"u8);
        using (var replacement = ReplacementFile.Begin(path, overwrite: true))
        {
            replacement.File.WriteAt(0, "new"u8);
            replacement.File.Dispose();
            if (sync)
            {
                Assert.ThrowsAny<Exception>(() => replacement.Commit(sync));
            }
            else
            {
                replacement.Commit(sync);
            }
        }

        Assert.Equal(sync ? "old" : "new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }

    [UnixFact]
    public void A_name_that_cannot_be_taken_is_an_error_of_the_replacement()
    {
        string path = _folder.Write("target", "old"u8);
        using (var replacement = ReplacementFile.Begin(path, overwrite: true))
        {
            File.Delete(Assert.Single(Directory.GetFiles(_folder.Root), file => file != path));
            ImageIOException error = Assert.Throws<ImageIOException>(() => replacement.Commit());
            Assert.Equal((ImageIOOperation.Replace, null), (error.Operation, error.FinishedPath));
            Assert.DoesNotContain("another program", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal("old", File.ReadAllText(path));
    }

    [UnixFact]
    public void A_target_that_changed_meanwhile_is_in_use_by_a_writer()
    {
        string path = _folder.Write("target", "old"u8);
        using var replacement = ReplacementFile.Begin(path, overwrite: true);
        PeerProcess.Run("sh", "-c", $"printf longer > '{path}'");
        ImageInUseException error = Assert.Throws<ImageInUseException>(() => replacement.Commit());
        Assert.DoesNotContain("for writing", error.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public void A_target_with_more_names_is_refused_before_the_work()
    {
        string path = _folder.Write("target", "old"u8);
        PeerProcess.Run("ln", path, _folder["second"]);
        Assert.Equal(
            OperationError.HardLinked,
            Assert.Throws<VhdOperationException>(() => ReplacementFile.ThrowIfInTheWay(path, overwrite: true, source: null)).Code);
        var error = Assert.Throws<VhdOperationException>(() => ReplacementFile.ThrowIfInTheWay(path, overwrite: false, source: null));
        Assert.Equal((OperationError.TargetExists, true), (error.Code, error.IsOverridable));
    }

    [RootFact]
    public void Where_no_file_can_be_made_the_target_is_let_go_and_no_folder_stays_open()
    {
        string folder = Directory.CreateDirectory(_folder["folder"]).FullName, path = Path.Combine(folder, "target");
        File.WriteAllText(path, "old");
        PeerProcess.Run("sh", "-c", $"chmod 755 '{_folder.Root}' '{folder}' && chmod 666 '{path}'");
        OtherUser.Run(() =>
        {
            ImageAccessException error = Assert.Throws<ImageAccessException>(() => ReplacementFile.Begin(path, overwrite: true));
            Assert.Contains(folder, error.Message, StringComparison.Ordinal);
            LocalImageFile.OpenWrite(path).Dispose();
        });
        Assert.DoesNotContain(
            new DirectoryInfo("/proc/self/fd").GetFiles(), entry => entry.LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true);
    }

    [RootFact]
    public void A_new_file_that_cannot_be_deleted_hides_no_error()
    {
        string folder = Directory.CreateDirectory(_folder["folder"]).FullName, path = Path.Combine(folder, "target");
        PeerProcess.Run("sh", "-c", $"chmod 755 '{_folder.Root}' && chmod 777 '{folder}'");
        OtherUser.Run(() =>
        {
            using (ReplacementFile.Begin(path, overwrite: false))
            {
                PeerProcess.Run("chmod", "755", folder);
            }
        });

        // It is found as one that was left.
        Assert.Single(StaleFile.FindIn(folder));
    }

    [RootFact]
    public void A_rename_that_is_refused_speaks_of_no_other_program()
    {
        string path = _folder.Write("target", "old"u8);
        PeerProcess.Run("sh", "-c", $"chmod 666 '{path}' && chown 1234 '{path}' '{_folder.Root}' && chmod 1777 '{_folder.Root}'");
        OtherUser.Run(() =>
        {
            using var replacement = ReplacementFile.Begin(path, overwrite: true);
            ImageAccessException error = Assert.Throws<ImageAccessException>(() => replacement.Commit());
            Assert.Null(error.FinishedPath);
            Assert.DoesNotContain("another program", error.Message, StringComparison.Ordinal);
        });
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }
}
