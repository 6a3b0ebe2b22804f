using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Disks;

/// <summary>The disk in a VHDX and its parents, with the changes that wait in their logs.</summary>
internal sealed class VhdxDiskSource : DiskSource
{
    // Zeros between sectors of a chain that are fewer bytes than this are read with them.
    private const long ShortestHole = 32 * 1024;

    private readonly VhdxImage _image;
    private readonly VhdxParents _parents;
    private readonly SparseRanges _holes;
    private readonly SparseRanges _countedHoles;
    private readonly long _diskEnd;

    private VhdxDiskSource(ImageFile file, VhdxImage image, VhdxParents parents)
        : base(file)
    {
        _image = image;
        _parents = parents;
        _holes = new SparseRanges(image.File);
        _countedHoles = new SparseRanges(image.File);
        _diskEnd = VhdSpec.RoundUp(image.SizeBytes, VhdSpec.SectorSize);
    }

    public override long SizeBytes => _image.SizeBytes;

    public override int LogicalSectorSize => _image.LogicalSectorSize;

    public override int PhysicalSectorSize => _image.PhysicalSectorSize;

    public override VhdFormat? ImageFormat => VhdFormat.Vhdx;

    public override VhdType? ImageType => _image.Layout.VhdType;

    public override int? BlockSize => _image.Layout.Metadata!.BlockSize;

    public override long BlockCount => _image.Layout.Chunks.BlockCount;

    internal override ImageLayout? Layout => null;

    public override IReadOnlyList<Finding> Findings => _image.Layout.Findings;

    internal override ChainImage Image => ChainImage.Of(_image.Layout);

    internal override IEnumerable<string> FilePaths => [Path, .. _parents.Paths];

    private bool IsChild => ImageType == VhdType.Differencing;

    private int BlockBytes => _image.Layout.Metadata!.BlockSize;

    /// <summary>Opens the disk with its parents, and owns the file from then on, also when it is refused.</summary>
    /// <exception cref="VhdFormatException">The image or a parent cannot be read, or a parent is missing.</exception>
    public static VhdxDiskSource Open(ImageFile file, VhdOpenOptions options)
    {
        VhdxParents? parents = null;
        try
        {
            var layout = VhdxLayout.Read(file);
            if (layout.FindBlockingFinding(options.Force) is { } refusal)
            {
                throw new VhdFormatException(file.Path, refusal);
            }

            parents = options.OwnBlocksOnly ? VhdxParents.None() : VhdxParents.Open(file, layout, options);
            var image = VhdxImage.Open(file, new VhdxOpenOptions { Force = options.Force, Parent = parents.Nearest });
            return new VhdxDiskSource(file, image, parents);
        }
        catch
        {
            parents?.Dispose();
            file.Dispose();
            throw;
        }
    }

    public override void ThrowIfChanged()
    {
        base.ThrowIfChanged();
        _parents.ThrowIfChanged();
    }

    public override DiskExtent FindExtent(long offset)
    {
        if (offset >= SizeBytes)
        {
            return new DiskExtent(offset, _diskEnd - offset, IsZero: true);
        }

        VhdxRun run = _image.FindExtent(offset, SizeBytes - offset);
        long length = run.End == SizeBytes ? _diskEnd - offset : run.Length;
        if (!IsChild)
        {
            return run.Origin == VhdxOrigin.Zero
                ? new DiskExtent(offset, length, IsZero: true)
                : Extent(_holes, offset, length, run.FileOffset);
        }

        bool isZero = run.Origin == VhdxOrigin.Zero && length >= Math.Min(ShortestHole, _diskEnd - offset);
        return new DiskExtent(offset, isZero ? length : Math.Max(length, Math.Min(ShortestHole, _diskEnd - offset)), isZero);
    }

    public override long CountDataBytes(long offset, long endOffset)
    {
        long count = 0, end = Math.Min(endOffset, SizeBytes);
        for (long at = offset; at < end;)
        {
            // Whole blocks of a chain: looking at each run of the bitmaps would cost as much as the reading that it foretells.
            long blockStart = IsChild ? at - (at % BlockBytes) : at;
            VhdxRun run = _image.FindExtent(blockStart, (IsChild ? SizeBytes : end) - blockStart);
            if (!IsChild)
            {
                count += run.Origin == VhdxOrigin.Zero ? 0 : CountData(_countedHoles, run.FileOffset, run.FileOffset + run.Length);
                at = run.End;
                continue;
            }

            long blockEnd = Math.Min(blockStart + BlockBytes, SizeBytes);
            bool isZero = run.Origin == VhdxOrigin.Zero && run.End >= blockEnd;
            long partEnd = Math.Min(end, isZero ? Math.Max(blockEnd, run.End - (run.End % BlockBytes)) : blockEnd);
            count += isZero ? 0 : partEnd - at;
            at = partEnd;
        }

        return count;
    }

    public override void Prefetch(long offset, long length) => _image.Prefetch(offset, length);

    public override IEnumerable<BlockRun> FindBlocks(BlockDetail detail, long firstBlock = 0, long count = long.MaxValue) =>
        new VhdxBlockMap(_image, Path, this).Find(detail, firstBlock, count);

    internal override TableFigures? MeasureBlocks()
    {
        var image = VhdxDescription.Read(_image.StoredFile, force: true);
        return new TableFigures(
            (int)image.AllocatedBlockCount, (int)image.LastAllocatedBlock, image.FragmentationPercentage, IsAligned: true);
    }

    public override IEnumerable<(long FileOffset, long Length)> FindStructures() =>
        _image.Layout.Extents.Select(extent => (extent.FileOffset, extent.Length))
            .Concat(_image.EnumerateBitmaps().Select(extent => (extent.FileOffset, extent.Length)));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _image.Dispose();
            _parents.Dispose();
        }

        base.Dispose(disposing);
    }

    internal override StoredRun FindStored(long offset, long length)
    {
        if (offset >= SizeBytes)
        {
            return StoredRun.Zero(length);
        }

        VhdxRun run = FindInChain(offset, Math.Min(length, SizeBytes - offset), out VhdxImage level, out _);

        // What waits in a log is in no file's place yet: a file with one is none to share with.
        return run.Origin == VhdxOrigin.File
            ? StoredRun.InFile(run.Length, level.File.ShareSource, run.FileOffset, level.File.Length)
            : StoredRun.Zero(run.Length);
    }

    /// <summary>The longest run of bytes that lie in one file of the chain, or in none.</summary>
    internal ChainRun FindBytes(long offset, long length)
    {
        int sectorSize = LogicalSectorSize;
        VhdxRun run = FindInChain(offset, length, out VhdxImage level, out string path);
        long count = (run.Length + sectorSize - 1) / sectorSize;
        return run.Origin == VhdxOrigin.File
            ? new ChainRun(offset / sectorSize, count, level == _image ? SectorOrigin.File : SectorOrigin.Parent, path, run.FileOffset)
            : new ChainRun(offset / sectorSize, count, SectorOrigin.Zero, null, -1);
    }

    private VhdxRun FindInChain(long offset, long length, out VhdxImage level, out string path)
    {
        level = _image;
        path = Path;
        VhdxRun run = _image.Find(offset, length);
        using IEnumerator<(VhdxImage Image, string Path)> parents = _parents.Images.Zip(_parents.Paths).GetEnumerator();
        while (run.Origin == VhdxOrigin.Parent && parents.MoveNext())
        {
            (level, path) = parents.Current;
            run = offset < level.SizeBytes
                ? level.Find(offset, Math.Min(run.Length, level.SizeBytes - offset))
                : run with { Origin = VhdxOrigin.Zero };
        }

        return run;
    }

    private protected override ChainRun FindRun(long sector, int count)
    {
        long offset = sector * LogicalSectorSize;
        return FindBytes(offset, Math.Min((long)count * LogicalSectorSize, SizeBytes - offset));
    }

    private protected override void ReadInside(long offset, Span<byte> buffer)
    {
        int inside = (int)Math.Clamp(SizeBytes - offset, 0, buffer.Length);
        _image.ReadAt(offset, buffer[..inside]);
        buffer[inside..].Clear();
    }
}
