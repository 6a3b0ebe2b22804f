namespace VhdPS.Engine.Partitions;

/// <summary>One of the two copies of a GUID partition table: a header and its entries.</summary>
/// <param name="Header">The header.</param>
/// <param name="Lba">The sector where it was found.</param>
/// <param name="SectorSize">Bytes in a sector.</param>
internal sealed record GptCopy(GptHeader Header, long Lba, int SectorSize)
{
    /// <summary>Whether the header's CRC and fields allow what it says to be used.</summary>
    public bool IsHeaderValid { get; init; }

    /// <summary>The entries as stored; empty where they cannot be read.</summary>
    public ReadOnlyMemory<byte> Entries { get; init; }

    /// <summary>Whether the entries have the CRC that the header stores.</summary>
    public bool AreEntriesValid { get; init; }

    /// <summary>Whether header and entries can be used.</summary>
    public bool IsValid => IsHeaderValid && AreEntriesValid;

    /// <summary>Sectors that the entries take.</summary>
    public long EntriesSectorCount => (((long)Header.EntryCount * Header.EntrySize) + SectorSize - 1) / SectorSize;
}
