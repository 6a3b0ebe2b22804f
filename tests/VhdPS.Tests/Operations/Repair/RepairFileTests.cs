using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>Repairs of real files: when the undo file is made, and what is refused before it is.</summary>
public sealed class RepairFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_undo_file_holds_what_was_there_and_brings_it_back()
    {
        byte[] hurt = Hurt();
        string path = _folder.Write("hurt.vhd", hurt), undoPath = _folder["hurt.undo"];
        RepairPlan plan = RepairOperation.Plan(path);
        RepairOperation.Run(path, plan, undoPath);
        Verdict.AssertClean(path);
        using (var undo = new MemoryImageFile([]))
        {
            RepairOperation.Run(new MemoryImageFile(hurt), plan, undo);
            Assert.Equal(undo.ToArray(), File.ReadAllBytes(undoPath));
        }

        byte[] repaired = File.ReadAllBytes(path);
        UndoOperation.Check(path, undoPath);
        Assert.Equal(repaired, File.ReadAllBytes(path));
        Assert.Equal(hurt.Length, UndoOperation.Run(path, undoPath).OldLength);
        Assert.Equal(hurt, File.ReadAllBytes(path));
        Assert.False(File.Exists(undoPath));
    }

    [Fact]
    public void Without_an_undo_file_or_a_change_none_is_made()
    {
        string path = _folder.Write("hurt.vhd", Hurt()), sound = _folder.Write("sound.vhd", Sound().Bytes);
        RepairOperation.Run(path, RepairOperation.Plan(path), null);
        Verdict.AssertClean(path);
        RepairOperation.Run(sound, RepairOperation.Plan(sound), _folder["sound.undo"]);
        Assert.Equal(Sound().Bytes, File.ReadAllBytes(sound));
        Assert.Equal(["hurt.vhd", "sound.vhd"], Directory.GetFiles(_folder.Root).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void An_image_that_has_changed_since_is_refused_before_an_undo_file_is_made()
    {
        string path = _folder.Write("hurt.vhd", Hurt());
        RepairPlan plan = RepairOperation.Plan(path);
        byte[] changed = Hurt();
        changed[^1] ^= 1;
        File.WriteAllBytes(path, changed);
        foreach (string? undoPath in new[] { _folder["hurt.undo"], null })
        {
            var error = Assert.Throws<VhdOperationException>(() => RepairOperation.Run(path, plan, undoPath));
            Assert.Equal(OperationError.DataWouldBeLost, error.Code);
            Assert.Contains("has changed since", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(changed, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void An_undo_file_that_exists_is_never_written_over()
    {
        string path = _folder.Write("hurt.vhd", Hurt()), undoPath = _folder.Write("hurt.undo", [1, 2, 3]);
        var error = Assert.Throws<VhdOperationException>(() => RepairOperation.Run(path, RepairOperation.Plan(path), undoPath));
        Assert.Equal((OperationError.UndoFileExists, undoPath), (error.Code, error.Path));
        Assert.Contains("never replaced", error.Message, StringComparison.Ordinal);
        Assert.Equal(Hurt(), File.ReadAllBytes(path));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(undoPath));
    }

    [Fact]
    public void A_vhdx_is_named_as_one()
    {
        byte[] vhdx = [.. "vhdxfile"u8, .. new byte[70_000]];
        var error = Assert.Throws<VhdFormatException>(() => RepairOperation.Plan(new MemoryImageFile(vhdx)));
        Assert.Equal(FaultCode.VhdxInsteadOfVhd, error.Finding.Code);
        string path = _folder.Write("disk.vhdx", vhdx);
        foreach (Action call in new Action[]
        {
            () => UndoOperation.Run(path, _folder["no.undo"]), () => UndoOperation.Check(path, _folder["no.undo"]),
        })
        {
            Assert.Equal(FaultCode.VhdxInsteadOfVhd, Assert.Throws<VhdFormatException>(call).Finding.Code);
        }

        string image = _folder.Write("sound.vhd", Sound().Bytes);
        Assert.Throws<FileNotFoundException>(() => UndoOperation.Run(image, _folder["no.undo"]));
        Assert.Throws<FileNotFoundException>(() => UndoOperation.Check(image, _folder["no.undo"]));
    }

    [Fact]
    public void An_undo_of_an_image_that_others_have_written_to_is_refused()
    {
        string path = _folder.Write("hurt.vhd", Hurt()), undoPath = _folder["hurt.undo"];
        RepairOperation.Run(path, RepairOperation.Plan(path), undoPath);
        byte[] changed = File.ReadAllBytes(path);
        changed[48] = 0x77;
        File.WriteAllBytes(path, changed);
        foreach (Action call in new Action[] { () => UndoOperation.Run(path, undoPath), () => UndoOperation.Check(path, undoPath) })
        {
            Assert.Equal(OperationError.DataWouldBeLost, Assert.Throws<VhdOperationException>(call).Code);
        }

        Assert.Equal(changed, File.ReadAllBytes(path));
        Assert.True(File.Exists(undoPath));

        // And so is one of another image.
        ImageBytes other = Sound().PutFooter(68, new byte[16]);
        string otherPath = _folder.Write("other.vhd", other.Bytes);
        foreach (Action call in new Action[]
        {
            () => UndoOperation.Run(otherPath, undoPath), () => UndoOperation.Check(otherPath, undoPath),
        })
        {
            Assert.Equal(OperationError.DataWouldBeLost, Assert.Throws<VhdOperationException>(call).Code);
        }

        Assert.Equal(other.Bytes, File.ReadAllBytes(otherPath));
    }

    [Fact]
    public void An_undo_of_an_image_that_has_another_id_since_is_refused()
    {
        string path = _folder.Write("hurt.vhd", Sound().PutEntry(9, 2).Bytes), undoPath = _folder["hurt.undo"];
        RepairOperation.Run(path, RepairOperation.Plan(path), undoPath);
        byte[] changed = Sound().PutFooter(68, [7]).Bytes;
        File.WriteAllBytes(path, changed);
        foreach (Action call in new Action[] { () => UndoOperation.Run(path, undoPath), () => UndoOperation.Check(path, undoPath) })
        {
            Assert.Contains("is of an image with the id", Assert.Throws<VhdOperationException>(call).Message, StringComparison.Ordinal);
        }

        Assert.Equal(changed, File.ReadAllBytes(path));
    }

    /// <summary>An undoing that was cut off between the file's length and what lies there is gone on with.</summary>
    [Fact]
    public void What_was_cut_off_comes_back_where_the_file_is_as_long_again()
    {
        byte[] hurt = [.. Sound().Bytes, .. Enumerable.Repeat((byte)0x5A, 700)];
        string path = _folder.Write("hurt.vhd", hurt), undoPath = _folder["hurt.undo"];
        RepairOperation.Run(path, RepairOperation.Plan(path), undoPath);
        Assert.Equal(Sound().Bytes, File.ReadAllBytes(path));
        using (FileStream stream = File.OpenWrite(path))
        {
            stream.SetLength(hurt.Length);
        }

        UndoOperation.Run(path, undoPath);
        Assert.Equal(hurt, File.ReadAllBytes(path));
    }

    [Fact]
    public void Beside_a_vhdx_an_undo_file_is_read_first()
    {
        string path = _folder.Write("disk.vhdx", [.. "vhdxfile"u8, .. new byte[70_000]]), undoPath = _folder.Write("undo", new byte[100]);
        Assert.Equal(undoPath, Assert.Throws<VhdFormatException>(() => UndoOperation.Check(path, undoPath)).Path);
    }

    /// <summary>What the repair was decided by is on the medium before the first change, and each phase before the next.</summary>
    [Fact]
    public void A_repair_syncs_first_and_after_each_phase()
    {
        var file = new RecordingImageFile(new MemoryImageFile(Hurt()));
        RepairPlan plan = RepairOperation.Plan(new WritableNonOwningImageFile(file));
        RepairOperation.Run(file, plan, undo: null);
        Assert.Equal(
            [ChangeKind.Flush, .. plan.Phases.SelectMany(phase => phase.Edits.Select(KindOf).Append(ChangeKind.Flush))],
            file.Changes.Select(change => change.Kind));

        var unchanged = new RecordingImageFile(Sound().ToFile());
        RepairOperation.Run(unchanged, RepairOperation.Plan(new WritableNonOwningImageFile(unchanged)), undo: null);
        Assert.Empty(unchanged.Changes);
    }

    private static ImageBytes Sound() => ImageBytes.Dynamic().AddBlock(1, 0xA1).AddBlock(3, 0xA3);

    private static ChangeKind KindOf(FileEdit edit) => edit.IsCut ? ChangeKind.SetLength : ChangeKind.Write;

    /// <summary>A copy that is damaged, an entry in the header, and zeros behind the footer.</summary>
    private static byte[] Hurt() => Sound().PutFront(48, [9], reseal: false).PutEntry(9, 2).Append(new byte[2048]).Bytes;
}
