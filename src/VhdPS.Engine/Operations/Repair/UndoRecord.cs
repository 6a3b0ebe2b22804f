using System.Buffers.Binary;
using System.Security.Cryptography;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// What brings a repaired image back. As a file, all integers big-endian:
/// <code>
/// 0   8   "VhdPSUnd"
/// 8   4   version, 1
/// 12  4   number of records
/// 16  8   length of the image before the repair
/// 24  16  unique id of the image as it was found
/// 40      records, in the order of the repair:
///           4  phase, counted from 0       8  file offset; of a cut the new length
///           4  length of the old bytes     4  length of the new bytes; 0 for a cut
///           the old bytes, the new bytes
/// end-32  SHA-256 of everything before it
/// </code>
/// </summary>
internal sealed class UndoRecord
{
    private const int HeadLength = 40;
    private const int RecordHeadLength = 20;
    private const int DigestLength = 32;
    private const uint Version = 1;
    private const long MaxLength = 1L << 30;

    /// <summary>More than any table entry leads to; a fixed image may be longer than any dynamic one.</summary>
    private const long MaxImageLength = 1L << 50;
    private const long MaxCutLength = FooterPair.SearchDistance;
    private const long MaxGrowth = (2L * VhdSpec.MaxBlockSize) + VhdSpec.DataAlignment;

    internal UndoRecord(long oldLength, Guid uniqueId, IReadOnlyList<RepairPhase> phases)
    {
        OldLength = oldLength;
        UniqueId = uniqueId;
        Phases = phases;
    }

    /// <summary>Length of the image before the repair, in bytes.</summary>
    public long OldLength { get; }

    /// <summary>The image's unique id before the repair.</summary>
    public Guid UniqueId { get; }

    /// <summary>The changes of the repair, in their order.</summary>
    public IReadOnlyList<RepairPhase> Phases { get; }

    private static ReadOnlySpan<byte> Magic => "VhdPSUnd"u8;

    /// <summary>Writes the record and returns when it is on the medium.</summary>
    internal void Write(ImageFile file)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long at = 0;
        void Append(ReadOnlySpan<byte> bytes)
        {
            digest.AppendData(bytes);
            file.WriteAt(at, bytes);
            at += bytes.Length;
        }

        Span<byte> head = stackalloc byte[HeadLength];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32BigEndian(head[8..], Version);
        BinaryPrimitives.WriteInt32BigEndian(head[12..], Phases.Sum(phase => phase.Edits.Count));
        BinaryPrimitives.WriteInt64BigEndian(head[16..], OldLength);
        UniqueId.TryWriteBytes(head[24..], bigEndian: true, out _);
        Append(head);
        Span<byte> recordHead = stackalloc byte[RecordHeadLength];
        for (int phase = 0; phase < Phases.Count; phase++)
        {
            foreach (FileEdit edit in Phases[phase].Edits)
            {
                BinaryPrimitives.WriteInt32BigEndian(recordHead, phase);
                BinaryPrimitives.WriteInt64BigEndian(recordHead[4..], edit.FileOffset);
                BinaryPrimitives.WriteInt32BigEndian(recordHead[12..], edit.OldBytes.Length);
                BinaryPrimitives.WriteInt32BigEndian(recordHead[16..], edit.NewBytes.Length);
                Append(recordHead);
                Append(edit.OldBytes.Span);
                Append(edit.NewBytes.Span);
            }
        }

        file.WriteAt(at, digest.GetHashAndReset());
        file.Flush();
    }

    /// <summary>Reads a record and proves its digest.</summary>
    /// <exception cref="VhdFormatException">The file is not an undo file, or is damaged.</exception>
    public static UndoRecord Read(ImageFile file)
    {
        if (file.Length is < HeadLength + DigestLength or > MaxLength)
        {
            throw Damaged(file, null, $"{HeadLength + DigestLength} to {MaxLength} bytes", $"{file.Length} bytes",
                "The length is not that of an undo file.");
        }

        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        if (!bytes.AsSpan().StartsWith(Magic) || BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(8)) != Version)
        {
            throw Damaged(file, 0, "VhdPSUnd, version 1", System.Convert.ToHexString(
                bytes.AsSpan(0, 12)), "The file is not an undo file of a repair.");
        }

        int end = bytes.Length - DigestLength;
        if (!SHA256.HashData(bytes.AsSpan(0, end)).AsSpan().SequenceEqual(bytes.AsSpan(end)))
        {
            throw Damaged(file, end, "the digest of the file", "another", "The undo file is damaged or was not finished.");
        }

        return Check(file, new UndoRecord(
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(16)), new Guid(bytes.AsSpan(24, 16), bigEndian: true), ReadPhases(
                file, bytes, end)));
    }

    /// <summary>
    /// Refuses what no repair writes. A digest proves that the file is whole, not who made it: a record must not make an image longer
    /// than a block, shorter than a footer, or change a byte twice.
    /// </summary>
    private static UndoRecord Check(ImageFile file, UndoRecord record)
    {
        long length = record.OldLength;
        if (length is < VhdSpec.LegacyFooterSize or > MaxImageLength)
        {
            throw Damaged(file, 16, $"{VhdSpec.LegacyFooterSize} to {MaxImageLength} bytes", $"{length}", "No image has that length.");
        }

        var taken = new List<(long Start, long End)>();
        foreach (FileEdit edit in record.Phases.SelectMany(phase => phase.Edits))
        {
            string? fault = edit.IsCut ? FaultOfCut(edit, length) : FaultOfWrite(edit, length, record.OldLength);
            if (fault is not null)
            {
                throw Damaged(file, null, "a change that a repair makes", $"offset {edit.FileOffset}", fault);
            }

            length = edit.LengthAfter(length);
            taken.Add((edit.FileOffset, edit.FileOffset + Math.Max(edit.OldBytes.Length, edit.NewBytes.Length)));
        }

        taken.Sort();
        for (int i = 1; i < taken.Count; i++)
        {
            if (taken[i].Start < taken[i - 1].End)
            {
                throw Damaged(
                    file, null, "changes of different bytes", $"offset {taken[i].Start}", "Two records of the undo file overlap.");
            }
        }

        return record;
    }

    private static string? FaultOfCut(FileEdit edit, long length) =>
        edit.FileOffset < VhdSpec.LegacyFooterSize || edit.OldBytes.Length == 0 || edit.OldBytes.Length > MaxCutLength
            || edit.FileOffset + edit.OldBytes.Length != length
            ? "The undo file cuts the image where no repair does."
            : null;

    private static string? FaultOfWrite(FileEdit edit, long length, long oldLength)
    {
        int newLength = edit.NewBytes.Length, oldBytes = edit.OldBytes.Length;
        if (newLength > VhdSpec.SectorSize || (edit.FileOffset % VhdSpec.SectorSize) + newLength > VhdSpec.SectorSize)
        {
            return "The undo file writes more than a sector at once.";
        }

        if (oldBytes > newLength || (oldBytes < newLength && edit.FileOffset + oldBytes < length && edit.FileOffset + oldBytes < oldLength))
        {
            return "The undo file does not hold all bytes that it replaces.";
        }

        if (edit.FileOffset + newLength <= oldLength || oldBytes > 0)
        {
            return null;
        }

        // All that a repair adds to a file is a footer.
        return edit.FileOffset > oldLength + MaxGrowth || newLength != VhdSpec.FooterSize
            || HardDiskFooter.Parse(edit.NewBytes.Span) is not { HasCookie: true, IsChecksumValid: true }
            ? "The undo file says that the repair added something other than a footer."
            : null;
    }

    private static List<RepairPhase> ReadPhases(ImageFile file, byte[] bytes, int end)
    {
        var edits = new SortedDictionary<int, List<FileEdit>>();
        int at = HeadLength;
        int lastPhase = 0;
        int recordCount = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(12));
        if (recordCount <= 0 || recordCount > (end - HeadLength) / RecordHeadLength)
        {
            throw Damaged(file, 12, "the number of its records", $"{recordCount}", "The undo file has not that many records.");
        }

        for (int count = recordCount; count > 0; count--)
        {
            ReadOnlySpan<byte> head = bytes.AsSpan(at, Math.Min(RecordHeadLength, end - at));
            int oldLength = head.Length < RecordHeadLength ? -1 : BinaryPrimitives.ReadInt32BigEndian(head[12..]);
            int newLength = head.Length < RecordHeadLength ? -1 : BinaryPrimitives.ReadInt32BigEndian(head[16..]);
            long fileOffset = oldLength < 0 ? -1 : BinaryPrimitives.ReadInt64BigEndian(head[4..]);
            if (oldLength < 0 || newLength < 0 || fileOffset is < 0 or > MaxImageLength
                || (long)at + RecordHeadLength + oldLength + newLength > end)
            {
                throw Damaged(file, at, "a record", "another", "A record of the undo file is not valid.");
            }

            int phase = BinaryPrimitives.ReadInt32BigEndian(head);
            if (phase < lastPhase)
            {
                throw Damaged(file, at, "a phase that follows", $"{phase}", "The phases of the undo file are not in order.");
            }

            lastPhase = phase;
            at += RecordHeadLength;
            if (!edits.TryGetValue(phase, out List<FileEdit>? list))
            {
                edits[phase] = list = [];
            }

            list.Add(new FileEdit(fileOffset, bytes.AsMemory(at, oldLength), bytes.AsMemory(at + oldLength, newLength)));
            at += oldLength + newLength;
        }

        if (at != end)
        {
            throw Damaged(file, at, "the end of the records", $"{end - at} more bytes", "The undo file has more than its records.");
        }

        return [.. edits.Values.Select(list => new RepairPhase(list))];
    }

    private static VhdFormatException Damaged(ImageFile file, long? fileOffset, string expected, string actual, string message) =>
        new(file.Path, new Finding(FaultCode.UndoFileDamaged, VhdStructure.UndoFile, fileOffset, expected, actual, message));
}
