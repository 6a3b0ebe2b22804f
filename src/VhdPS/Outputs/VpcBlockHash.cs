using VhdPS.Engine.Operations.Hash;

namespace VhdPS;

/// <summary>The hash of one block of a virtual disk.</summary>
public sealed class VpcBlockHash : VpcObject
{
    internal VpcBlockHash(string path, string algorithm, int blockSize, ManifestOrigin origin, BlockHash block)
        : base(path)
    {
        Block = block.Offset / blockSize;
        Offset = block.Offset;
        Length = block.Length;
        Algorithm = algorithm;
        Hash = Convert.ToHexString(block.Hash);
        BlockSize = blockSize;
        UniqueId = origin.UniqueId;
        Size = origin.SizeBytes;
        SizeRule = origin.SizeRule.ToString();
        FilesStamp = origin.FilesStamp;
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

    /// <summary>Bytes of a block of the manifest.</summary>
    public int BlockSize { get; }

    /// <summary>The image's unique id, of a VHDX the id of its data's state; all zeros for a disk that has none.</summary>
    public Guid UniqueId { get; }

    /// <summary>Bytes of the disk.</summary>
    public long Size { get; }

    /// <summary>The rule that gave the size; Auto where there is only one.</summary>
    public string SizeRule { get; }

    /// <summary>
    /// Stands for lengths and times of the last write of the files that the disk lies in: another one, and a file was changed since.
    /// Empty where the disk is in no image, or was read by -Force or -IgnoreBitmap.
    /// </summary>
    public string FilesStamp { get; }

    /// <inheritdoc/>
    public override string ToString() => $"block {Block}: {Hash}";
}
