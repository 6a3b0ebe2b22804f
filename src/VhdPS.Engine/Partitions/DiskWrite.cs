namespace VhdPS.Engine.Partitions;

/// <summary>Bytes that a plan puts on a disk.</summary>
/// <param name="Structure">What they are.</param>
/// <param name="Offset">Bytes from the start of the disk, a multiple of 512.</param>
/// <param name="Bytes">A multiple of 512 bytes.</param>
internal sealed record DiskWrite(PartitionStructure Structure, long Offset, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The first byte past them.</summary>
    public long End => Offset + Bytes.Length;
}
