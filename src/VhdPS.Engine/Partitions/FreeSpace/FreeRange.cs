namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Adjacent bytes of a disk that no file has.</summary>
/// <param name="Offset">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct FreeRange(long Offset, long Length)
{
    /// <summary>The first byte past it.</summary>
    public long End => Offset + Length;
}
