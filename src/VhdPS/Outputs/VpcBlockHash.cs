using VhdPS.Engine.Operations.Hash;


namespace VhdPS;

/// <summary>The hash of one block of a virtual disk.</summary>
public sealed class VpcBlockHash : VpcObject
{
    internal VpcBlockHash(string path, string algorithm, int blockSize, BlockHash block)
        : base(path)
    {
        Block = block.Offset / blockSize;
        Offset = block.Offset;
        Length = block.Length;
        Algorithm = algorithm;
        Hash = Convert.ToHexString(block.Hash);
    }

    /// <summary>Number of the block, from 0.</summary>
    public long Block { get; }

    /// <summary>Bytes from the start of the disk.</summary>
    public long Offset { get; }

    /// <summary>Bytes; less than a block only at the end of the disk.</summary>
    public long Length { get; }

    /// <summary>The algorithm.</summary>
    public string Algorithm { get; }

    /// <summary>The hash of the block's bytes in hexadecimal digits.</summary>
    public string Hash { get; }

    /// <inheritdoc/>
    public override string ToString() => $"block {Block}: {Hash}";
}
