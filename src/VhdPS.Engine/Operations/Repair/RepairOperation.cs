using System.Buffers;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// Repairs an image from evidence that the file itself holds, and leaves what it cannot prove. The old bytes go to an undo
/// file first; each phase may be cut off at any write and leaves an image that is as good as before.
/// </summary>
public static class RepairOperation
{
    /// <summary>Looks at a file and says what a repair would do. Changes nothing.</summary>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    internal static RepairPlan Plan(
        ImageFile file, RepairOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new RepairOptions();
        FormatProbe.ThrowIfVhdx(file);
        CheckReport report = ImageChecker.Check(
            file, new CheckOptions { Full = true, SizeRule = options.SizeRule }, progress, cancellation);
        return new RepairPlanner(file, report, options).Run(cancellation);
    }

    /// <summary>Looks at a file of the machine and says what a repair would do. Changes nothing.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static RepairPlan Plan(
        string path, RepairOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var file = LocalImageFile.OpenRead(path);
        return Plan(file, options, progress, cancellation);
    }

    /// <summary>Carries a plan out on a file of the machine.</summary>
    /// <param name="path">The file that the plan was made for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="undoPath">Where the undo file will be; null to do without. It must not exist.</param>
    /// <exception cref="ImageInUseException">Someone has the image open.</exception>
    /// <exception cref="VhdOperationException">The undo file exists, or the image has changed since the plan was made; nothing was
    /// written.</exception>
    /// <exception cref="ImageIOException">A write failed; the undo file brings the image back.</exception>
    public static void Run(string path, RepairPlan plan, string? undoPath)
    {
        using var file = LocalImageFile.OpenWrite(path);
        ThrowIfChanged(file, plan);
        if (undoPath is null || !plan.HasChanges)
        {
            Run(file, plan, undo: null);
            return;
        }

        ThrowIfUndoFileExists(undoPath);

        // Whole before it has its name: a full disk or a kill leaves none that would be in the next repair's way.
        using (var undo = ReplacementFile.Begin(undoPath, overwrite: false, [path]))
        {
            WriteUndo(plan, undo.File);
            undo.Commit();
        }

        Run(file, plan, undo: null);
    }

    /// <summary>Refuses to write over an undo file: it may be all that is left of the bytes before an earlier repair.</summary>
    /// <exception cref="VhdOperationException">The path exists.</exception>
    public static void ThrowIfUndoFileExists(string undoPath)
    {
        if (PlatformFile.Current.Stat(undoPath).Kind != FileKind.Missing)
        {
            throw new VhdOperationException(
                undoPath, OperationError.UndoFileExists, "the undo file of an earlier repair exists already, and is never replaced.");
        }
    }

    /// <summary>Carries a plan out.</summary>
    /// <param name="file">The file that the plan was made for, open for writing since then.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="undo">An empty file that takes the old bytes; null to do without.</param>
    /// <exception cref="VhdOperationException">The file has changed since the plan was made; nothing was written.</exception>
    /// <exception cref="ImageIOException">A write failed; the undo file brings the image back.</exception>
    internal static void Run(ImageFile file, RepairPlan plan, ImageFile? undo)
    {
        ThrowIfChanged(file, plan);
        if (!plan.HasChanges)
        {
            return;
        }

        if (undo is not null)
        {
            WriteUndo(plan, undo);
        }

        // What the evidence was read from must not be younger than what is written by it.
        file.Flush();
        foreach (RepairPhase phase in plan.Phases)
        {
            foreach (FileEdit edit in phase.Edits)
            {
                if (edit.IsCut)
                {
                    file.SetLength(edit.FileOffset);
                }
                else
                {
                    file.WriteAt(edit.FileOffset, edit.NewBytes.Span);
                }
            }

            file.Flush();
        }
    }

    private static void WriteUndo(RepairPlan plan, ImageFile undo) =>
        new UndoRecord(plan.OldLength, plan.Report.Layout!.StoredFooter?.Footer.UniqueId ?? Guid.Empty, plan.Phases).Write(undo);

    private static void ThrowIfChanged(ImageFile file, RepairPlan plan)
    {
        bool isSame = file.Length == plan.OldLength;
        foreach (FileEdit edit in plan.Phases.SelectMany(phase => phase.Edits))
        {
            isSame = isSame && FileBytes.Equal(file, edit.FileOffset, edit.OldBytes.Span);
        }

        if (!isSame)
        {
            throw new VhdOperationException(
                file.Path, OperationError.DataWouldBeLost, "the image has changed since the repair was planned; plan it again.");
        }
    }
}

/// <summary>Compares bytes with those of a file.</summary>
internal static class FileBytes
{
    /// <summary>Whether the file holds <paramref name="expected"/> at an offset.</summary>
    public static bool Equal(ImageFile file, long fileOffset, ReadOnlySpan<byte> expected)
    {
        byte[] actual = ArrayPool<byte>.Shared.Rent(expected.Length);
        try
        {
            Span<byte> read = actual.AsSpan(0, expected.Length);
            return (expected.Length == 0 || file.ReadAt(fileOffset, read) == expected.Length) && read.SequenceEqual(expected);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(actual);
        }
    }
}
