using VhdPS.Engine.Files;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>Shows an image as an undo would leave it, without a change: the old bytes over those of the file.</summary>
internal sealed class ImageBeforeRepair(ImageFile file, UndoRecord record) : NonOwningImageFile(file)
{
    private readonly FileEdit[] _edits = [.. record.Phases.SelectMany(phase => phase.Edits).OrderBy(edit => edit.FileOffset)];

    public override long Length => record.OldLength;

    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        int length = (int)Math.Clamp(Length - fileOffset, 0, buffer.Length);
        Span<byte> bytes = buffer[..length];
        bytes[base.ReadAt(fileOffset, bytes)..].Clear();
        foreach (FileEdit edit in _edits)
        {
            long from = Math.Max(edit.FileOffset, fileOffset), end = Math.Min(edit.FileOffset + edit.OldBytes.Length, fileOffset + length);
            if (from < end)
            {
                edit.OldBytes.Span[(int)(from - edit.FileOffset)..(int)(end - edit.FileOffset)].CopyTo(bytes[(int)(from - fileOffset)..]);
            }
        }

        return length;
    }

    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd)
    {
        dataOffset = fileOffset;
        dataEnd = Length;
        return fileOffset < Length;
    }
}
