namespace VhdPS.Engine.Operations.Compare;

/// <summary>Adjacent sectors about which a comparison found the same.</summary>
/// <param name="Sector">The first virtual sector.</param>
/// <param name="SectorCount">Sectors, at least 1.</param>
/// <param name="Side">What was found.</param>
public readonly record struct ComparedRange(long Sector, long SectorCount, ComparisonSide Side)
{
    /// <summary>The first sector behind it.</summary>
    public long EndSector => Sector + SectorCount;
}
