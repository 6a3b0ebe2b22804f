using VhdPS.Engine.Operations.Compare;


namespace VhdPS;

/// <summary>A range of sectors about which a comparison of two disks found the same.</summary>
public sealed class VpcDifference
{
    internal VpcDifference(string referencePath, string differencePath, ComparedRange range, int logicalSectorSize)
    {
        ReferencePath = referencePath;
        DifferencePath = differencePath;
        Sector = range.Sector;
        SectorCount = range.SectorCount;
        Side = range.Side;
        LogicalSectorSize = logicalSectorSize;
    }

    /// <summary>The first virtual sector.</summary>
    public long Sector { get; }

    /// <summary>Sectors.</summary>
    public long SectorCount { get; }

    /// <summary>Bytes of a sector: that of both disks where it is the same, else 512.</summary>
    public int LogicalSectorSize { get; }

    /// <summary>
    /// Both: the disks differ there. Reference, Difference: data after the end of the other disk. Equal: the disks are the
    /// same there.
    /// </summary>
    public ComparisonSide Side { get; }

    /// <summary>Bytes from the start of the disk.</summary>
    public long Offset => Sector * LogicalSectorSize;

    /// <summary>Bytes.</summary>
    public long Length => SectorCount * LogicalSectorSize;

    /// <summary>The file compared with.</summary>
    public string ReferencePath { get; }

    /// <summary>The file compared.</summary>
    public string DifferencePath { get; }

    /// <inheritdoc/>
    public override string ToString() => $"sectors {Sector} to {Sector + SectorCount - 1}: {Side}";
}
