namespace VhdPS.Engine.Disks;

/// <summary>Adjacent sectors of a disk that could not be read and were replaced.</summary>
/// <param name="Sector">The first virtual sector.</param>
/// <param name="SectorCount">Sectors.</param>
/// <param name="Why">What kept them from being read, human-readable.</param>
public readonly record struct LostRange(long Sector, long SectorCount, string Why);
