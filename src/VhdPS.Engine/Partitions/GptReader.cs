using System.Buffers;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Partitions;

/// <summary>Reads both copies of a GUID partition table and judges them.</summary>
internal sealed class GptReader
{
    /// <summary>The most entries that are read, in bytes: 32,768 entries of 128 bytes; nearly all tables have 128.</summary>
    public const int MaxEntriesBytes = 4 * 1024 * 1024;

    private const int PrimaryLba = 1;

    private readonly IDiskReader _disk;
    private readonly int _sectorSize;
    private readonly PartitionFindingLog _log;
    private readonly ReadOnlyMemory<byte> _head;
    private readonly long _lastLba;

    private GptReader(IDiskReader disk, int sectorSize, ReadOnlyMemory<byte> head, PartitionFindingLog log)
    {
        _disk = disk;
        _sectorSize = sectorSize;
        _head = head;
        _log = log;
        _lastLba = (disk.SizeBytes / sectorSize) - 1;
    }

    /// <summary>Reads the copies.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="sectorSize">Bytes in a logical sector.</param>
    /// <param name="head">What the disk begins with, read before.</param>
    /// <param name="log">Takes what is wrong.</param>
    /// <returns>Null where there is no header, neither at sector 1 nor at the end.</returns>
    public static GuidPartitionTable? Read(IDiskReader disk, int sectorSize, ReadOnlyMemory<byte> head, PartitionFindingLog log)
    {
        var reader = new GptReader(disk, sectorSize, head, log);
        return reader._lastLba < PrimaryLba ? null : reader.Read();
    }

    private GuidPartitionTable? Read()
    {
        var primaryLog = new PartitionFindingLog();
        GptCopy? primary = ReadCopy(PrimaryLba, isBackup: false, like: null, primaryLog);
        (GptCopy? backup, PartitionFindingLog backupLog) = FindBackup(primary);
        if (primary is null && backup is null)
        {
            return null;
        }

        _log.AddRange(primaryLog.Close());
        if (primary is null)
        {
            _log.Add(
                PartitionFault.GptHeaderMissing, PartitionStructure.GptHeader, _sectorSize, $"\"EFI PART\"", $"something else",
                $"There is no GPT header at sector 1; the backup is used.");
        }

        _log.AddRange(backupLog.Close());
        CheckBackupPlace(primary, backup);
        if (primary is { IsValid: true } && backup is { IsValid: true } && !primary.Header.AgreesWith(backup.Header))
        {
            _log.Add(
                PartitionFault.GptCopiesDiffer, PartitionStructure.GptBackupHeader, backup.Lba * _sectorSize,
                    $"what the header at sector 1 says",
                $"other values", $"Both copies of the GPT are valid and differ; the one at sector 1 is used.");
        }

        return new GuidPartitionTable(primary, backup);
    }

    private (GptCopy? Backup, PartitionFindingLog Log) FindBackup(GptCopy? primary)
    {
        var log = new PartitionFindingLog();
        if (primary is { IsHeaderValid: true } && primary.Header.AlternateLba is > PrimaryLba and var named && named < (ulong)_lastLba)
        {
            GptCopy? there = ReadCopy((long)named, isBackup: true, primary, log);
            if (there is { IsValid: true })
            {
                return (there, log);
            }

            log = new PartitionFindingLog();
        }

        return (_lastLba > PrimaryLba ? ReadCopy(_lastLba, isBackup: true, primary, log) : null, log);
    }

    /// <summary>Says where the backup should be and is not.</summary>
    private void CheckBackupPlace(GptCopy? primary, GptCopy? backup)
    {
        if (primary is { IsHeaderValid: true } && primary.Header.AlternateLba > (ulong)_lastLba)
        {
            _log.Add(
                PartitionFault.GptBackupPastEnd, PartitionStructure.GptHeader, _sectorSize, $"sector {_lastLba}",
                    $"sector {primary.Header.AlternateLba}",
                $"The backup of the GPT would lie past the end of the disk, which was cut off or made smaller.");
        }
        else if (backup is not null && backup.Lba != _lastLba)
        {
            _log.Add(
                PartitionFault.GptBackupNotAtEnd, PartitionStructure.GptBackupHeader, backup.Lba * _sectorSize, $"sector {_lastLba}",
                $"sector {backup.Lba}", $"The backup of the GPT is not at the end of the disk.");
        }

        if (backup is null)
        {
            _log.Add(
                PartitionFault.GptBackupMissing, PartitionStructure.GptBackupHeader, _lastLba * _sectorSize, $"\"EFI PART\"",
                    $"something else",
                $"There is no backup of the GPT in the last sector of the disk.");
        }
    }

    /// <summary>Reads a copy whose entries are most likely those of <paramref name="like"/>.</summary>
    private GptCopy? ReadCopy(long lba, bool isBackup, GptCopy? like, PartitionFindingLog log)
    {
        byte[] sector = new byte[_sectorSize];
        ReadAt(lba * _sectorSize, sector);
        if (GptHeader.Parse(sector) is not { } header)
        {
            return null;
        }

        var copy = new GptCopy(header, lba, _sectorSize) { IsHeaderValid = CheckHeader(header, lba, isBackup, log) };
        return copy.IsHeaderValid ? ReadEntries(copy, isBackup, like, log) : copy;
    }

    private bool CheckHeader(GptHeader header, long lba, bool isBackup, PartitionFindingLog log)
    {
        long offset = lba * _sectorSize;
        PartitionStructure structure = isBackup ? PartitionStructure.GptBackupHeader : PartitionStructure.GptHeader;
        bool isValid = true;
        void Invalid(string field, FormattableString expected, FormattableString actual)
        {
            isValid = false;
            log.Add(PartitionFault.GptHeaderFieldInvalid, structure, offset, expected, actual,
                $"{field} of the GPT header cannot be right.");
        }

        if (!header.IsSizeValid)
        {
            Invalid("The size", $"from {GptHeader.MinSize} to {_sectorSize}", $"{header.HeaderSize}");
            return false;
        }

        if (!header.IsCrcValid)
        {
            log.Add(
                PartitionFault.GptHeaderCrcMismatch, structure, offset, $"{header.ComputedHeaderCrc:X8}", $"{header.HeaderCrc:X8}",
                $"The CRC of the GPT header is not that of its bytes.");
            return false;
        }

        if (header.Revision != GptHeader.Revision1)
        {
            log.Add(
                PartitionFault.GptRevisionUnknown, structure, offset, $"{GptHeader.Revision1:X8}", $"{header.Revision:X8}",
                $"The revision of the GPT is not known.");
        }

        if (header.MyLba != (ulong)lba)
        {
            Invalid("MyLBA", $"{lba}", $"{header.MyLba}");
        }

        if (header.EntrySize < GptEntry.MinSize || header.EntrySize > 4096 || !uint.IsPow2(header.EntrySize))
        {
            Invalid("The size of an entry", $"128 times a power of two", $"{header.EntrySize}");
        }

        if (header.FirstUsableLba > header.LastUsableLba || header.LastUsableLba > (ulong)_lastLba)
        {
            log.Add(
                PartitionFault.GptUsableRangeInvalid, structure, offset, $"a range that ends before sector {_lastLba}",
                $"sectors {header.FirstUsableLba} to {header.LastUsableLba}",
                    $"The range that partitions may use does not lie in the disk.");
        }

        return isValid;
    }

    private GptCopy ReadEntries(GptCopy copy, bool isBackup, GptCopy? like, PartitionFindingLog log)
    {
        GptHeader header = copy.Header;
        PartitionStructure structure = isBackup ? PartitionStructure.GptBackupEntries : PartitionStructure.GptEntries;
        long length = (long)header.EntryCount * header.EntrySize;
        if (length > MaxEntriesBytes)
        {
            log.Add(
                PartitionFault.GptEntriesTooMany, structure, copy.Lba * _sectorSize, $"at most {MaxEntriesBytes / header.EntrySize}",
                $"{header.EntryCount}", $"The GPT has more entries than are read.");
            return copy;
        }

        if (header.EntriesLba < 2 || header.EntriesLba > (ulong)_lastLba
            || copy.EntriesSectorCount > _lastLba + 1 - (long)header.EntriesLba)
        {
            log.Add(
                PartitionFault.GptEntriesPastEnd, structure, copy.Lba * _sectorSize, $"from sector 2 to {_lastLba}",
                $"{copy.EntriesSectorCount} sectors from sector {header.EntriesLba} on", $"The entries of the GPT do not lie in the disk.");
            return copy;
        }

        CheckEntriesPlace(copy, structure, log);
        int stored = (int)(copy.EntriesSectorCount * _sectorSize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(stored);
        ReadAt((long)header.EntriesLba * _sectorSize, buffer.AsSpan(0, stored));
        ReadOnlySpan<byte> used = buffer.AsSpan(0, (int)length);
        bool isSame = like is not null && like.AreEntriesValid && like.Header.EntriesCrc == header.EntriesCrc
            && like.Entries.Span.SequenceEqual(used);
        uint crc = isSame ? header.EntriesCrc : ComputeCrc(used);
        if (crc != header.EntriesCrc)
        {
            log.Add(
                PartitionFault.GptEntriesCrcMismatch, structure, (
                    long)header.EntriesLba * _sectorSize, $"{header.EntriesCrc:X8}", $"{crc:X8}",
                $"The CRC of the entries of the GPT is not the one that its header stores.");
        }

        ReadOnlyMemory<byte> kept = isSame ? like!.Entries : used.ToArray();
        ArrayPool<byte>.Shared.Return(buffer);
        return copy with { Entries = kept, AreEntriesValid = crc == header.EntriesCrc };
    }

    /// <summary>The checksum of entries of which most are zeros at the end.</summary>
    private static uint ComputeCrc(ReadOnlySpan<byte> entries)
    {
        int end = entries.LastIndexOfAnyExcept((byte)0) + 1;
        return Crc32.AppendZeros(Crc32.Compute(entries[..end]), entries.Length - end);
    }

    private void CheckEntriesPlace(GptCopy copy, PartitionStructure structure, PartitionFindingLog log)
    {
        long start = (long)copy.Header.EntriesLba, end = start + copy.EntriesSectorCount;
        bool hasHeader = copy.Lba >= start && copy.Lba < end;
        bool isUsable = (ulong)start <= copy.Header.LastUsableLba && (ulong)end > copy.Header.FirstUsableLba;
        if (hasHeader || isUsable)
        {
            log.Add(
                PartitionFault.GptEntriesOverlap, structure, copy.Lba * _sectorSize, $"a place of their own",
                    $"sectors {start} to {end - 1}",
                $"The entries of the GPT overlap its header or the range that partitions may use.");
        }
    }

    /// <summary>Reads from what was read before where that has it.</summary>
    private void ReadAt(long offset, Span<byte> buffer)
    {
        if (offset + buffer.Length <= _head.Length)
        {
            _head.Span.Slice((int)offset, buffer.Length).CopyTo(buffer);
        }
        else
        {
            _disk.ReadAt(offset, buffer);
        }
    }
}
