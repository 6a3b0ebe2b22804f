namespace VhdPS.Engine.Files.Native;

/// <summary>Whether files can share extents.</summary>
/// <param name="ClusterBytes">What offsets and lengths must be multiples of; 0 where it is not known.</param>
/// <param name="Refusal">Why not, human-readable; null where they can.</param>
internal readonly record struct SharingProbe(int ClusterBytes, string? Refusal);
