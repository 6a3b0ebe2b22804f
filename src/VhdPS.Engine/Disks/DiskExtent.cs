namespace VhdPS.Engine.Disks;

/// <summary>Adjacent bytes of a disk that are known to be zeros without reading them, or are not.</summary>
/// <param name="Offset">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes, at least one sector.</param>
/// <param name="IsZero">Whether they are certain to be zeros; if not, they may still be.</param>
public readonly record struct DiskExtent(long Offset, long Length, bool IsZero)
{
    /// <summary>The first byte behind it.</summary>
    public long End => Offset + Length;
}
