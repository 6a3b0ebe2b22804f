using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions;

/// <summary>
/// The first 512 bytes of a disk, or of a logical partition's place: four entries of 16 bytes at 446 and 55 AA at 510. Owns its
/// bytes; <see cref="WithSectorCount"/> copies. Source: UEFI specification, "Legacy Master Boot Record".
/// </summary>
internal sealed class MasterBootRecord
{
    /// <summary>Bytes of a record, whatever the sector size.</summary>
    public const int Size = 512;

    /// <summary>Entries in a record.</summary>
    public const int EntryCount = 4;

    private const int DiskIdAt = 440;
    private const int EntriesAt = 446;
    private const int SignatureAt = 510;

    private readonly byte[] _bytes;

    private MasterBootRecord(byte[] bytes) => _bytes = bytes;

    /// <summary>The 512 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The id by which Windows knows the disk; 0 where it has none.</summary>
    public uint DiskId => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(DiskIdAt));

    /// <summary>The four entries, used or not.</summary>
    public IEnumerable<MbrEntry> Entries => Enumerable.Range(0, EntryCount).Select(EntryAt);

    /// <summary>The first protective entry (type EE); null where there is none.</summary>
    public MbrEntry? ProtectiveEntry
    {
        get
        {
            for (int i = 0; i < EntryCount; i++)
            {
                if (EntryAt(i) is { IsProtective: true } entry)
                {
                    return entry;
                }
            }

            return null;
        }
    }

    /// <summary>Whether any entry is used.</summary>
    public bool HasEntries => CountEntries(protective: false) + CountEntries(protective: true) > 0;

    /// <summary>Whether it announces a GPT and describes partitions of its own beside it.</summary>
    public bool IsHybrid => CountEntries(protective: true) > 0 && CountEntries(protective: false) > 0;

    /// <summary>Takes a copy of 512 bytes; null where they do not end in 55 AA.</summary>
    public static MasterBootRecord? Parse(ReadOnlySpan<byte> source) =>
        HasSignature(source) ? new MasterBootRecord(source[..Size].ToArray()) : null;

    /// <summary>Whether 512 bytes end in 55 AA.</summary>
    public static bool HasSignature(ReadOnlySpan<byte> source) => source[SignatureAt] == 0x55 && source[SignatureAt + 1] == 0xAA;

    /// <summary>Where the entry at <paramref name="index"/> begins in the record, in bytes.</summary>
    public static int OffsetOf(int index) => EntriesAt + (index * MbrEntry.Size);

    /// <summary>The entry at <paramref name="index"/>, 0 to 3.</summary>
    public MbrEntry EntryAt(int index) => MbrEntry.Parse(_bytes.AsSpan(OffsetOf(index), MbrEntry.Size), index);

    /// <summary>A copy in which an entry has another number of sectors.</summary>
    public MasterBootRecord WithSectorCount(int index, uint sectorCount)
    {
        byte[] bytes = (byte[])_bytes.Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(OffsetOf(index) + MbrEntry.SectorCountAt), sectorCount);
        return new MasterBootRecord(bytes);
    }

    private int CountEntries(bool protective)
    {
        int count = 0;
        for (int i = 0; i < EntryCount; i++)
        {
            MbrEntry entry = EntryAt(i);
            count += entry.IsUsed && entry.IsProtective == protective ? 1 : 0;
        }

        return count;
    }
}
