using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>Brings a repaired image back, byte for byte, also one whose repair or whose undoing was cut off.</summary>
public static class UndoOperation
{
    /// <summary>Brings an image of the machine back, and deletes the undo file, which is of no more use.</summary>
    /// <param name="path">The image.</param>
    /// <param name="undoPath">What the repair wrote before its first change.</param>
    /// <returns>What the undo file held.</returns>
    /// <exception cref="FileNotFoundException">One of the two is not there.</exception>
    /// <exception cref="VhdFormatException">The undo file is not one, or is damaged.</exception>
    /// <exception cref="ImageInUseException">Someone has the image open.</exception>
    /// <exception cref="VhdOperationException">The image holds something that the repair did not write, or is another one; nothing was
    /// changed.</exception>
    /// <exception cref="ImageIOException">A write failed; the same call again goes on.</exception>
    internal static UndoRecord Run(string path, string undoPath)
    {
        ThrowIfVhdxWithout(path, undoPath);
        using var undo = LocalImageFile.OpenReadToDelete(undoPath);
        UndoRecord record = UndoRecord.Read(undo);
        using (var file = LocalImageFile.OpenWrite(path))
        {
            Run(file, record);
        }

        undo.Delete();
        return record;
    }

    /// <summary>Refuses what <see cref="Run(string, string)"/> would; the files are only read.</summary>
    internal static void Check(string path, string undoPath)
    {
        ThrowIfVhdxWithout(path, undoPath);
        using var undo = LocalImageFile.OpenRead(undoPath);
        UndoRecord record = UndoRecord.Read(undo);
        using var file = LocalImageFile.OpenRead(path);
        ThrowIfChanged(file, record, LengthsBefore(record));
        ThrowIfOfAnother(file, record);
    }

    /// <summary>A VHDX, which no repair changes, has no undo file: that is said, and not that one is missing.</summary>
    private static void ThrowIfVhdxWithout(string path, string undoPath)
    {
        if (NamedFile.Exists(undoPath))
        {
            return;
        }

        using var file = LocalImageFile.OpenRead(path);
        FormatProbe.ThrowIfVhdx(file);
    }

    /// <summary>Puts the old bytes back in the reverse order of the repair, a sync after each phase.</summary>
    /// <param name="file">The image, open for writing.</param>
    /// <param name="record">What the repair wrote before its first change.</param>
    /// <exception cref="VhdOperationException">The image holds something that the repair did not write, or is another one; nothing was
    /// changed.</exception>
    /// <exception cref="ImageIOException">A write failed; the same call again goes on.</exception>
    internal static void Run(ImageFile file, UndoRecord record)
    {
        long[] lengths = LengthsBefore(record);
        ThrowIfChanged(file, record, lengths);
        ThrowIfOfAnother(file, record);
        for (int i = record.Phases.Count - 1; i >= 0; i--)
        {
            foreach (FileEdit edit in record.Phases[i].Edits.Reverse())
            {
                if (!edit.OldBytes.IsEmpty)
                {
                    file.WriteAt(edit.FileOffset, edit.OldBytes.Span);
                }
            }

            if (file.Length > lengths[i])
            {
                file.SetLength(lengths[i]);
            }

            file.Flush();
        }
    }

    /// <summary>The length of the image before each phase, and after the last.</summary>
    private static long[] LengthsBefore(UndoRecord record)
    {
        long[] lengths = new long[record.Phases.Count + 1];
        lengths[0] = record.OldLength;
        for (int i = 0; i < record.Phases.Count; i++)
        {
            lengths[i + 1] = record.Phases[i].Edits.Aggregate(lengths[i], (length, edit) => edit.LengthAfter(length));
        }

        return lengths;
    }

    /// <summary>Every byte must be what it was before the repair or after it; a repair or an undoing that was cut off leaves a
    /// mixture.</summary>
    private static void ThrowIfChanged(ImageFile file, UndoRecord record, long[] lengths)
    {
        bool isOurs = file.Length >= lengths.Min() && file.Length <= lengths.Max();
        foreach (FileEdit edit in record.Phases.SelectMany(phase => phase.Edits))
        {
            isOurs = isOurs && IsOurs(file, edit);
        }

        if (!isOurs || !IsGrownByZeros(file, record))
        {
            throw new VhdOperationException(
                file.Path, OperationError.DataWouldBeLost, "the image was changed after the repair; the undo file no longer fits it.");
        }
    }

    /// <summary>Between the old end and the footer that a repair wrote past it nothing was written: what is cut off there is no
    /// data.</summary>
    private static bool IsGrownByZeros(ImageFile file, UndoRecord record)
    {
        long end = file.Length;
        foreach (FileEdit edit in record.Phases.SelectMany(phase => phase.Edits).Where(
            edit => edit.FileOffset + edit.NewBytes.Length > record.OldLength))
        {
            end = Math.Min(end, edit.FileOffset);
        }

        return end <= record.OldLength || ZeroFill.IsClear(file, record.OldLength, end);
    }

    /// <summary>What the undo file would bring back must be an image, and the one that was repaired.</summary>
    private static void ThrowIfOfAnother(ImageFile file, UndoRecord record)
    {
        using var before = new ImageBeforeRepair(file, record);
        if (ImageLayout.Read(before, new LayoutOptions { Force = true }).StoredFooter?.Footer.UniqueId != record.UniqueId)
        {
            throw new VhdOperationException(
                file.Path, OperationError.DataWouldBeLost,
                $"the undo file is of an image with the id {record.UniqueId}, and would not bring such an image back.");
        }
    }

    private static bool IsOurs(ImageFile file, FileEdit edit)
    {
        ReadOnlySpan<byte> before = edit.OldBytes.Span, after = edit.NewBytes.Span;
        byte[] actual = new byte[Math.Max(before.Length, after.Length)];
        int count = edit.FileOffset >= file.Length ? 0 : file.ReadAt(edit.FileOffset, actual);
        for (int i = 0; i < count; i++)
        {
            // Where one of the two has no bytes, the file may have grown over the place with zeros.
            bool isOld = i < before.Length ? actual[i] == before[i] : actual[i] == 0;
            bool isNew = i < after.Length ? actual[i] == after[i] : actual[i] == 0;
            if (!isOld && !isNew)
            {
                return false;
            }
        }

        return true;
    }
}
