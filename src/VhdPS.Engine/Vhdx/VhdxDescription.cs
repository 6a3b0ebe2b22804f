using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>What a VHDX says of itself and its disk, and how its blocks lie; with the changes that wait in its log.</summary>
internal sealed record VhdxDescription
{
    private VhdxDescription()
    {
    }

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Fixed, dynamic or differencing.</summary>
    public required VhdType VhdType { get; init; }

    /// <summary>The virtual size in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Length of the file in bytes, with the changes of its log.</summary>
    public required long FileLength { get; init; }

    /// <summary>Bytes of a sector as the disk shows it, 512 or 4096.</summary>
    public required int LogicalSectorSize { get; init; }

    /// <summary>Bytes of a sector as the disk recommends to write it, 512 or 4096.</summary>
    public required int PhysicalSectorSize { get; init; }

    /// <summary>Bytes in a block.</summary>
    public required int BlockSize { get; init; }

    /// <summary>Blocks of the disk.</summary>
    public required long BlockCount { get; init; }

    /// <summary>Blocks that are in the file.</summary>
    public long AllocatedBlockCount { get; private set; }

    /// <summary>The last block that is in the file; -1 where none is.</summary>
    public long LastAllocatedBlock { get; private set; } = -1;

    /// <summary>Of the steps from an allocated block to the next, how many of 100 are jumps.</summary>
    public int FragmentationPercentage { get; private set; }

    /// <summary>The program that made the file, as it says; untrusted.</summary>
    public required string Creator { get; init; }

    /// <summary>The disk's identity, which stays when the file is copied or converted.</summary>
    public required Guid VirtualDiskId { get; init; }

    /// <summary>The id of the data's state, which children name and every writer changes.</summary>
    public required Guid DataWriteGuid { get; init; }

    /// <summary>Whether changes wait in the log.</summary>
    public required VhdxLogState LogState { get; init; }

    /// <summary>The parent's path as the image stores it; null where it stores none.</summary>
    public string? ParentPath { get; init; }

    /// <summary>The id of the parent's state as the image stores it; null where it has no parent.</summary>
    public Guid? ParentId { get; init; }

    /// <summary>Header area, log and regions: where they lie in the file and how long they are, in bytes.</summary>
    public required IReadOnlyList<(VhdStructure Structure, long FileOffset, long Length)> Structures { get; init; }

    /// <summary>What departs from the specification, as far as opening looks.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Describes an open file, which stays its owner's.</summary>
    /// <param name="file">The file.</param>
    /// <param name="force">Whether a damaged file is described as far as it can be read.</param>
    /// <exception cref="VhdFormatException">It is not a VHDX file that can be read.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static VhdxDescription Read(ImageFile file, bool force = false)
    {
        ArgumentNullException.ThrowIfNull(file);
        var layout = VhdxLayout.Read(file);
        if (layout.FindBlockingFinding(force) is { } refusal)
        {
            throw new VhdFormatException(file.Path, refusal);
        }

        VhdxMetadata metadata = layout.Metadata!;
        bool isChild = layout.VhdType == VhdType.Differencing;
        VhdxParentLocator? locator = isChild ? metadata.ParentLocator : null;
        var description = new VhdxDescription
        {
            Path = file.Path,
            VhdType = layout.VhdType,
            SizeBytes = metadata.SizeBytes,
            FileLength = layout.FileLength,
            LogicalSectorSize = metadata.LogicalSectorSize,
            PhysicalSectorSize = metadata.PhysicalSectorSize,
            BlockSize = metadata.BlockSize,
            BlockCount = layout.Chunks.BlockCount,
            Creator = layout.Creator,
            VirtualDiskId = metadata.VirtualDiskId,
            DataWriteGuid = layout.Header!.DataWriteGuid,
            LogState = layout.Log!.State,
            ParentPath = locator?.AbsolutePath ?? locator?.RelativePath ?? locator?.VolumePath,
            ParentId = isChild ? locator?.Linkage ?? Guid.Empty : null,
            Structures = [.. layout.Extents.Select(extent => (extent.Structure, extent.FileOffset, extent.Length))],
            Findings = layout.Findings,
        };
        description.Measure(layout.Replay(file), layout);
        return description;
    }

    private void Measure(ImageFile file, VhdxLayout layout)
    {
        long previous = -1, jumps = 0, blockMebibytes = BlockSize / VhdxSpec.Mebibyte;
        new TableScanner(file, layout).Run(
            (entry, _, blockIndex) =>
            {
                if (blockIndex < 0 || !entry.IsInFile)
                {
                    return;
                }

                // The bitmap block of a chunk between neighbours is no fragmentation.
                bool follows = previous < 0 || (entry.FileMebibyte >= previous + blockMebibytes
                    && entry.FileMebibyte <= previous + blockMebibytes + (VhdType == VhdType.Differencing ? 1 : 0));
                jumps += follows ? 0 : 1;
                previous = entry.FileMebibyte;
                AllocatedBlockCount++;
                LastAllocatedBlock = blockIndex;
            },
            progress: null,
            CancellationToken.None);
        FragmentationPercentage = AllocatedBlockCount < 2 ? 0 : (int)Math.Round(100.0 * jumps / (AllocatedBlockCount - 1));
    }
}
