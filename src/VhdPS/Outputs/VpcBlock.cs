using VhdPS.Engine.Images;


namespace VhdPS;

/// <summary>Adjacent blocks of one state that follow on each other in one file.</summary>
public sealed class VpcBlock : VpcObject
{
    private readonly BlockRun _run;

    internal VpcBlock(string path, BlockRun run, int logicalSectorSize)
        : base(path)
    {
        _run = run;
        LogicalSectorSize = logicalSectorSize;
    }

    /// <summary>The first block.</summary>
    public long Block => _run.Block;

    /// <summary>Blocks; of a chain's run, those that it has a part in.</summary>
    public long Count => _run.Count;

    /// <summary>The first virtual sector.</summary>
    public long Sector => _run.Sector;

    /// <summary>Virtual sectors.</summary>
    public long SectorCount => _run.SectorCount;

    /// <summary>Bytes of a sector: of a VHD 512, of a VHDX 512 or 4096.</summary>
    public int LogicalSectorSize { get; }

    /// <summary>What the file, or the chain, holds of them.</summary>
    public BlockState State => _run.State;

    /// <summary>The file that holds them, or whose table entry is damaged; null where none does.</summary>
    public string? OwnerPath => _run.FileOffset < 0 && State != BlockState.Damaged ? null : _run.Path;

    /// <summary>Bytes from the start of that file to the data; null where there is none.</summary>
    public long? FileOffset => _run.FileOffset < 0 ? null : _run.FileOffset;

    /// <summary>
    /// Bytes in the file from the data of one block to that of the next; null where the run has only one, or none in the file.
    /// </summary>
    public long? FileStride => _run.FileStride == 0 ? null : _run.FileStride;

    /// <summary>Sectors whose bits are set; null where the bitmaps were not read.</summary>
    public long? WrittenSectorCount => _run.WrittenSectorCount;

    /// <summary>Bytes of the disk.</summary>
    public long Size => SectorCount * LogicalSectorSize;

    /// <summary>Sectors whose bits are set, in whole per cent; null where the bitmaps were not read.</summary>
    public int? Written => WrittenSectorCount is { } written && SectorCount > 0 ? (int)(100 * (decimal)written / SectorCount) : null;

    /// <inheritdoc/>
    public override string ToString() => $"blocks {Block} to {Block + Count - 1} ({State})";
}
