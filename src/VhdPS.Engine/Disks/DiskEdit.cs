namespace VhdPS.Engine.Disks;

/// <summary>Bytes that take the place of a disk's.</summary>
/// <param name="Offset">Bytes from the start of the disk, a multiple of 512.</param>
/// <param name="Bytes">A multiple of 512 bytes.</param>
internal readonly record struct DiskEdit(long Offset, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The first byte past them.</summary>
    public long End => Offset + Bytes.Length;
}
