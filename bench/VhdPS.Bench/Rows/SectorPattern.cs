namespace VhdPS.Bench.Rows;

/// <summary>Runs of sectors at equal distances.</summary>
/// <param name="FirstSector">The first sector of the first run.</param>
/// <param name="SectorCount">Sectors of a run.</param>
/// <param name="StepSectors">Sectors from one run to the next.</param>
internal readonly record struct SectorPattern(long FirstSector, int SectorCount, long StepSectors);
