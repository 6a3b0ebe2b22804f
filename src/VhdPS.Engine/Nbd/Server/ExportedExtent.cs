namespace VhdPS.Engine.Nbd.Server;

/// <summary>Adjacent bytes of a disk of which the same is known.</summary>
/// <param name="Length">Bytes, at least one sector and at most what was asked for.</param>
/// <param name="IsAllocated">Whether they take space.</param>
/// <param name="IsZero">Whether they are certain to be zeros; if not, they may still be.</param>
public readonly record struct ExportedExtent(long Length, bool IsAllocated, bool IsZero);
