namespace VhdPS.Engine.Operations.Hash;

/// <summary>The hash of one block of a disk.</summary>
/// <param name="Offset">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes; less than a block only at the end of the disk.</param>
/// <param name="Hash">The hash of these bytes.</param>
public sealed record BlockHash(long Offset, long Length, byte[] Hash);
