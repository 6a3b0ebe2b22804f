using System.Runtime.Versioning;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Format;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Files;

/// <summary>A new file takes the place of another: who may write meanwhile, who may read it afterwards, what it is called.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ReplacementFileTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly byte[] New = "new"u8.ToArray();

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_target_is_locked_from_the_first_look_to_the_new_name()
    {
        string path = _folder.Write("target", "old"u8);
        using (var replacement = ReplacementFile.Begin(path, overwrite: true))
        {
            Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenWrite(path));
            Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenRead(path));
            replacement.File.WriteAt(0, New);
            replacement.Commit();
        }

        Assert.Equal(New, File.ReadAllBytes(path));
        LocalImageFile.OpenWrite(path).Dispose();
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void A_writer_who_waits_for_the_end_writes_to_the_new_file()
    {
        // Cut short by nothing: the writer opens whenever it can, most often in the instant in which the name changes.
        for (int round = 0; round < 60; round++)
        {
            string path = _folder.Write($"{round}.vhd", ImageBytes.Dynamic(64 * 4096).AddBlock(0, 7).AddBlock(5, 9).Bytes);
            using var operation = OptimizeOperation.Begin(new OptimizeOptions(path) { Sync = false });
            byte[] data = new byte[512];
            data.AsSpan().Fill(0xA5);
            var writer = new Thread(() =>
            {
                while (true)
                {
                    try
                    {
                        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
                        image.WriteSectors(3, data);
                        image.Flush();
                        return;
                    }
                    catch (ImageInUseException)
                    {
                        Thread.Yield();
                    }
                }
            });
            writer.Start();
            operation.Run();
            operation.Dispose();
            writer.Join();
            byte[] read = new byte[512];
            using VhdImage result = VhdImage.Open(path);
            result.ReadSectors(3, read);
            Assert.True(data.AsSpan().SequenceEqual(read), $"round {round}: what the writer was told is written is gone");
        }
    }

    [Fact]
    public void A_file_that_someone_made_meanwhile_is_not_replaced()
    {
        foreach (bool overwrite in new[] { false, true })
        {
            string path = _folder[$"target-{overwrite}"];
            using (var replacement = ReplacementFile.Begin(path, overwrite))
            {
                File.WriteAllText(path, "theirs");
                VhdOperationException error = Assert.Throws<VhdOperationException>(() => replacement.Commit());
                Assert.Equal(OperationError.TargetExists, error.Code);
                Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
            }

            Assert.Equal("theirs", File.ReadAllText(path));
        }

        Assert.Equal(2, Directory.GetFiles(_folder.Root).Length);
    }

    [UnixFact]
    public void A_target_that_a_program_without_locks_changed_or_replaced_is_not_replaced()
    {
        foreach (string how in new[] { "written", "renamed", "deleted" })
        {
            string path = _folder.Write(how, "old"u8), other = _folder.Write("other", "theirs"u8);
            using (var replacement = ReplacementFile.Begin(path, overwrite: true))
            {
                Thread.Sleep(20);
                Shell(how switch
                {
                    "written" => $"printf theirs > '{path}'",
                    "renamed" => $"mv '{other}' '{path}'",
                    _ => $"rm '{path}'",
                });
                Assert.Throws<ImageInUseException>(() => replacement.Commit());
            }

            Assert.Equal(how == "deleted" ? null : "theirs", File.Exists(path) ? File.ReadAllText(path) : null);
            File.Delete(other);
        }
    }

    [RootFact("setfacl", "setfattr")]
    public void Owner_group_mode_access_list_and_attributes_stay()
    {
        string path = _folder.Write("target", "old"u8);
        Shell($"chown 1234:2345 '{path}' && chmod 640 '{path}' && setfacl -m u:3456:rw '{path}' && setfattr -n user.note -v kept '{path}'");
        string look = $"stat -c '%u:%g %a' '{path}'; getfacl -c --absolute-names '{path}'; "
            + $"getfattr --only-values -n user.note --absolute-names '{path}'";
        string before = Shell(look);
        Assert.Contains("user:3456:rw-", before, StringComparison.Ordinal);
        Replace(path);
        Assert.Equal(before, Shell(look));
        Assert.Equal(New, File.ReadAllBytes(path));
    }

    [RootFact("setfacl")]
    public void What_the_folder_gives_to_new_files_is_not_given_to_one_that_replaces_another()
    {
        string path = _folder.Write("target", "old"u8);
        Shell($"chmod 600 '{path}' && setfacl -d -m u:3456:rw '{_folder.Root}'");
        using (var replacement = ReplacementFile.Begin(path, overwrite: true))
        {
            string temporary = Assert.Single(Directory.GetFiles(_folder.Root), file => file != path);
            Assert.DoesNotContain("3456", Shell($"getfacl -c --absolute-names '{temporary}'"), StringComparison.Ordinal);
            replacement.Commit();
        }

        Assert.DoesNotContain("3456", Shell($"getfacl -c --absolute-names '{path}'"), StringComparison.Ordinal);
    }

    [RootFact]
    public void An_owner_that_cannot_be_kept_is_refused_before_the_work_or_said()
    {
        string path = _folder.Write("target.vhd", ImageBytes.Dynamic(64 * 4096).AddBlock(0, 7).Bytes);
        Shell($"chown 1234:2345 '{path}' && chmod 660 '{path}' && chown 1234:2345 '{_folder.Root}' && chmod 770 '{_folder.Root}'");
        byte[] before = File.ReadAllBytes(path);
        OtherUser.Run(
            () =>
            {
                using var operation = OptimizeOperation.Begin(new OptimizeOptions(path));
                VhdOperationException error = Assert.Throws<VhdOperationException>(() => operation.Run());
                Assert.Equal(OperationError.OwnerNotKept, error.Code);
                Assert.True(error.IsOverridable);
                Assert.Contains("owner 1234", error.Message, StringComparison.Ordinal);
            },
            group: 2345);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
        OtherUser.Run(
            () =>
            {
                var progress = new Operations.StepProgress();
                using var operation = OptimizeOperation.Begin(new OptimizeOptions(path) { Force = true });
                operation.Run(progress);
                Assert.Contains("owner 1234", Assert.Single(progress.Steps, step => step.Warning is not null).Warning,
                    StringComparison.Ordinal);
            },
            group: 2345);
        Assert.StartsWith($"{OtherUser.Nobody}:2345 660", Shell($"stat -c '%u:%g %a' '{path}'"), StringComparison.Ordinal);
    }

    [UnixFact]
    public void A_file_with_more_names_is_not_replaced()
    {
        string path = _folder.Write("target.vhd", ImageBytes.Dynamic(64 * 4096).AddBlock(0, 7).Bytes);
        Shell($"ln '{path}' '{_folder["second"]}'");
        Assert.Equal(OperationError.HardLinked,
            Assert.Throws<VhdOperationException>(() => ReplacementFile.Begin(path, overwrite: true)).Code);
        using (var operation = OptimizeOperation.Begin(new OptimizeOptions(path) { Force = true }))
        {
            Assert.Equal(OperationError.HardLinked, Assert.Throws<VhdOperationException>(() => operation.Run()).Code);
        }

        OptimizeOperation.RunInPlace(new OptimizeOptions(path));
        Assert.Equal(2, Directory.GetFiles(_folder.Root).Length);
    }

    [UnixFact]
    public void A_link_stays_and_the_file_that_it_names_is_replaced()
    {
        string real = _folder.Write("real", "old"u8), link = _folder["link"];
        File.CreateSymbolicLink(link, "real");
        Replace(link);
        Assert.Equal("real", new FileInfo(link).LinkTarget);
        Assert.Equal(New, File.ReadAllBytes(real));
    }

    [UnixFact]
    public void A_link_to_nothing_says_so()
    {
        string link = _folder["link.vhd"];
        File.CreateSymbolicLink(link, "nothing.vhd");
        foreach (Action action in new Action[]
        {
            () => ReplacementFile.Begin(link, overwrite: true),
            () => ReplacementFile.ThrowIfInTheWay(link, overwrite: false, source: null),
            () => LocalImageFile.OpenRead(link),
            () => LocalImageFile.OpenWrite(link),
            () => LocalImageFile.CreateNew(link),
        })
        {
            FileNotFoundException error = Assert.Throws<FileNotFoundException>(action);
            Assert.Contains("link", error.Message, StringComparison.Ordinal);
            Assert.Contains(_folder["nothing.vhd"], error.Message, StringComparison.Ordinal);
        }

        Assert.Equal("nothing.vhd", new FileInfo(link).LinkTarget);
    }

    [UnixFact]
    public void A_copy_and_an_undo_file_are_no_more_readable_than_their_source()
    {
        string source = _folder.Write("source.vhd", ImageBytes.Dynamic(64 * 4096).AddBlock(0, 7).CutEnd(512).Bytes);
        File.SetUnixFileMode(source, Private);
        RepairOperation.Run(source, RepairOperation.Plan(source), _folder["source.undo"]);
        Assert.Equal(Private, File.GetUnixFileMode(_folder["source.undo"]));
        using var operation = ConvertOperation.Begin(new ConvertOptions(source, _folder["copy.vhd"])
        {
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        operation.Run();
        Assert.Equal(Private, File.GetUnixFileMode(_folder["copy.vhd"]));
        Assert.Equal(Private, File.GetUnixFileMode(source));
    }

    [RootFact]
    public void The_group_of_a_copy_may_not_read_what_only_another_group_may()
    {
        string source = _folder.Write("source", "old"u8), open = _folder.Write("open", "old"u8);
        Shell($"chown 0:2345 '{source}' && chmod 640 '{source}' && chmod 644 '{open}'");
        foreach ((string from, string mode) in new[] { (source, "600"), (open, "644") })
        {
            string path = _folder[$"copy-{mode}"];
            using var replacement = ReplacementFile.Begin(path, overwrite: false, [from]);
            replacement.Commit();
            Assert.Equal(mode, Shell($"stat -c '%a' '{path}'").Trim());
        }
    }

    [UnixFact]
    public void A_merge_into_an_existing_file_keeps_its_mode_and_its_link()
    {
        string root = _folder["root.vhd"], child = _folder["child.vhd"], leaf = _folder["leaf.vhd"];
        string real = _folder.Write("real.vhd", "old"u8), link = _folder["link.vhd"];
        ImageCreator.Create(root, new NewImage(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ChildCreator.Create(child, new NewChild(root) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ChildCreator.Create(leaf, new NewChild(child) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        File.SetUnixFileMode(real, Private);
        File.CreateSymbolicLink(link, "real.vhd");
        MergeOperation.Run(new MergeOptions(leaf)
        {
            DestinationPath = link,
            Force = true,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        Assert.Equal(Private, File.GetUnixFileMode(real));
        Assert.Equal("real.vhd", new FileInfo(link).LinkTarget);
        Assert.Equal(root, ChainInspector.Describe(real)[1].Path);
        Assert.True(ImageChecker.Check(real, new CheckOptions { Full = true }).IsValid);
    }

    [Theory]
    [InlineData(244)]
    [InlineData(255)]
    public void A_target_may_have_the_longest_name(int length)
    {
        string path = _folder[new string('n', length - 4) + ".vhd"];
        ImageCreator.Create(path, new NewImage(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ImageCreator.Create(path, new NewImage(2 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch }, overwrite: true);
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }

    [UnixFact]
    public void Errors_name_the_target()
    {
        string path = _folder["target"];
        using var replacement = ReplacementFile.Begin(path, overwrite: false);
        ImageIOException error = Assert.Throws<ImageIOException>(() => replacement.File.SetLength(long.MaxValue));
        Assert.StartsWith(path + ":", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".tmp", error.Message, StringComparison.Ordinal);
        File.Delete(Assert.Single(Directory.GetFiles(_folder.Root)));
        error = Assert.Throws<ImageIOException>(() => replacement.Commit());
        Assert.Equal(ImageIOOperation.Replace, error.Operation);
        Assert.DoesNotContain(".tmp", error.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public void What_a_killed_run_has_left_is_found_and_what_a_living_one_writes_is_not()
    {
        string stale = _folder.Write(".vhdps-0123abcd.tmp", "rest"u8);
        using var living = ReplacementFile.Begin(_folder["living"], overwrite: false);
        Assert.Equal([stale], StaleFile.FindIn(_folder.Root));
        using var replacement = ReplacementFile.Begin(_folder["target"], overwrite: false);
        Assert.Contains(stale, Assert.Single(replacement.Warnings), StringComparison.Ordinal);
        File.Delete(stale);
        Assert.Empty(StaleFile.FindIn(_folder.Root));
    }

    [UnixFact]
    public void A_read_only_file_and_folder_are_refused_by_a_typed_error()
    {
        string path = _folder.Write("target", "old"u8);
        Shell($"chmod 707 '{_folder.Root}'");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        OtherUser.Run(() =>
        {
            foreach (Action action in new Action[]
            {
                () => LocalImageFile.OpenWrite(path),
                () => ReplacementFile.Begin(path, overwrite: true),
            })
            {
                ImageAccessException error = Assert.Throws<ImageAccessException>(action);
                Assert.Equal(path, error.Path);
                Assert.StartsWith(path + ":", error.Message, StringComparison.Ordinal);
            }
        });
        Shell($"chmod 705 '{_folder.Root}'");
        string made = _folder["new"];
        OtherUser.Run(() =>
        {
            ImageAccessException error = Assert.Throws<ImageAccessException>(() => ReplacementFile.Begin(made, overwrite: false));
            Assert.StartsWith(made + ":", error.Message, StringComparison.Ordinal);
        });
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }

    [RootFact]
    public void A_rename_that_the_folder_refuses_is_a_typed_error()
    {
        // Sticky: others may make files there, and replace none of someone else's.
        string path = _folder.Write("target", "old"u8);
        Shell($"chmod 666 '{path}' && chown 1234 '{path}' '{_folder.Root}' && chmod 1777 '{_folder.Root}'");
        OtherUser.Run(() =>
        {
            using var replacement = ReplacementFile.Begin(path, overwrite: true);
            ImageAccessException error = Assert.Throws<ImageAccessException>(() => replacement.Commit());
            Assert.StartsWith(path + ":", error.Message, StringComparison.Ordinal);
        });
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }

    private static void Replace(string path)
    {
        using var replacement = ReplacementFile.Begin(path, overwrite: true);
        replacement.File.WriteAt(0, New);
        replacement.Commit();
    }

    private static string Shell(string command) => PeerProcess.Run("sh", "-c", command);
}
