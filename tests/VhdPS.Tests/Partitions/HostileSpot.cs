namespace VhdPS.Tests.Partitions;

/// <summary>A structure of a disk that is mutated.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Offset">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes that are mutated.</param>
/// <param name="Seal">Makes its checksums right again; null where it has none.</param>
internal sealed record HostileSpot(string Name, long Offset, int Length, Action<HostileDisk>? Seal = null);
