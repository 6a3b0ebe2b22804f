using System.Security.Cryptography;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Operations.Hash;

/// <summary>
/// The hashes of a disk's blocks, made earlier: which blocks of another disk are equal to its is known without reading it. A block that
/// it does not name says nothing, so that a manifest that was cut off costs time and never data.
/// </summary>
public sealed class BlockManifest
{
    private readonly Dictionary<long, BlockHash> _blocks = [];

    /// <summary>Takes what was hashed.</summary>
    /// <param name="origin">The disk.</param>
    /// <param name="algorithm">The hash.</param>
    /// <param name="blockSize">Bytes of a block.</param>
    /// <param name="blocks">The blocks' hashes.</param>
    /// <exception cref="ArgumentException">The hash is none that a manifest is made with and that can be trusted, the block size is out of
    /// its range, or a block does not lie on a boundary.</exception>
    public BlockManifest(ManifestOrigin origin, HashAlgorithmName algorithm, int blockSize, IEnumerable<BlockHash> blocks)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(blocks);
        DiskHash.ThrowIfBadBlockSize(blockSize);
        if (!long.IsPow2(blockSize))
        {
            throw new ArgumentException($"The manifest's block size {blockSize} is no power of two: make it with one that is.");
        }

        int hashBytes = HashBytes(algorithm);
        foreach (BlockHash block in blocks)
        {
            if (block.Offset < 0 || block.Offset % blockSize != 0 || block.Length < 1 || block.Length > blockSize
                || block.Hash.Length != hashBytes)
            {
                throw new ArgumentException(
                    $"The manifest's block at {block.Offset}, {block.Length} bytes with a hash of {block.Hash.Length}, is none of "
                        + $"blocks of {blockSize} bytes with hashes of {hashBytes}.");
            }

            _blocks[block.Offset] = block;
        }

        Origin = origin;
        Algorithm = algorithm;
        BlockSize = blockSize;
    }

    /// <summary>The disk.</summary>
    public ManifestOrigin Origin { get; }

    /// <summary>The hash.</summary>
    public HashAlgorithmName Algorithm { get; }

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; }

    /// <summary>The hash of the block at an offset, where one of that length is known.</summary>
    internal byte[]? Find(long offset, long length) =>
        _blocks.TryGetValue(offset, out BlockHash? block) && block.Length == length ? block.Hash : null;

    /// <summary>Refuses a manifest that is not a disk's, or is older than what its files hold.</summary>
    /// <exception cref="VhdOperationException">It is not.</exception>
    internal void ThrowIfNotOf(DiskSource source)
    {
        ManifestOrigin now = ManifestOrigin.Of(source, isPlain: true);
        string? reason = Origin.UniqueId != now.UniqueId ? $"is of the image {Origin.UniqueId}, and this one is {now.UniqueId}"
            : Origin.SizeBytes != now.SizeBytes ? $"is of a disk of {Origin.SizeBytes} bytes, and this one has {now.SizeBytes}"
            : Origin.SizeRule != now.SizeRule ? $"was made by the size rule {Origin.SizeRule}, and {now.SizeRule} is the image's"
            : Origin.FilesStamp.Length == 0 ? "does not say in which state the image's files were"
            : !string.Equals(Origin.FilesStamp, now.FilesStamp, StringComparison.OrdinalIgnoreCase)
                ? "is older than the last change of the image's files"
            : null;
        if (reason is not null)
        {
            throw new VhdOperationException(source.Path, OperationError.ManifestMismatch, $"the manifest {reason}.");
        }
    }

    private static int HashBytes(HashAlgorithmName algorithm) => algorithm.Name switch
    {
        "SHA256" => SHA256.HashSizeInBytes,
        "SHA384" => SHA384.HashSizeInBytes,
        "SHA512" => SHA512.HashSizeInBytes,
        _ => throw new ArgumentException(
            $"Blocks are not taken for equal by {algorithm.Name}, of which equal hashes of other content can be made: use SHA256."),
    };
}
