namespace VhdPS.Engine.Disks;

/// <summary>A stretch of a disk that is worked on at a time.</summary>
/// <param name="Number">0 for the first that has data, counted up.</param>
/// <param name="Offset">Bytes from the start of the disk; a multiple of the unit's size.</param>
/// <param name="End">The first byte behind it; at most the end of the disk, rounded up to a sector.</param>
/// <param name="Data">What may hold data, in ascending order; the rest is zeros.</param>
internal sealed record DiskUnit(long Number, long Offset, long End, DiskExtent[] Data);
