using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;


namespace VhdPS;

/// <summary>What a bin of the disk's or of the file's extent holds.</summary>
internal struct MapBin
{
    /// <summary>How much of it is written, 0 to 1.</summary>
    public double Fullness;

    /// <summary>Where the first written part lies on the other side, 0 to 1.</summary>
    public double Place;

    /// <summary>Whether a header, table or footer lies in it.</summary>
    public bool IsStructure;

    /// <summary>Whether it has a block whose table entry names no place for one.</summary>
    public bool IsDamaged;
}

/// <summary>
/// A line of the plot of file over disk, in units of <see cref="MapRaster.PlotWidth"/> and <see cref="MapRaster.PlotHeight"/>.
/// </summary>
internal readonly record struct MapSegment(short X0, short Y0, short X1, short Y1);

/// <summary>
/// A map of bounded size, whatever the image's: where each part of the disk lies in the file, and where each part of the
/// file lies on the disk.
/// </summary>
internal sealed class MapRaster
{
    public const int PlotWidth = 2800;
    public const int PlotHeight = 1600;

    private const int MaxBinCount = 8192;
    private const int MaxSegmentCount = 20_000;
    private const int CoarseStep = 4;

    private readonly double _blocksPerBin;
    private readonly double _bytesPerBin;
    private readonly long _blockCount;
    private readonly long _sectorCount;
    private readonly int _sectorSize;
    private readonly long _fileLength;
    private readonly HashSet<MapSegment> _segments = [];
    private int _step = 1;

    private MapRaster(long blockCount, long sectorCount, long fileLength, int blockBytes, int sectorSize)
    {
        _sectorSize = sectorSize;
        _blockCount = Math.Max(1, blockCount);
        _sectorCount = Math.Max(1, sectorCount);
        _fileLength = Math.Max(1, fileLength);
        Disk = new MapBin[Math.Min(_blockCount, MaxBinCount)];

        // Two a block, so that a block which lies across two is still distinguished from its neighbours.
        File = new MapBin[(int)Math.Clamp(fileLength / Math.Max(1, blockBytes / 2), 1, MaxBinCount)];
        _blocksPerBin = (double)_blockCount / Disk.Length;
        _bytesPerBin = (double)_fileLength / File.Length;
        Array.Fill(Disk, new MapBin { Place = -1 });
        Array.Fill(File, new MapBin { Place = -1 });
    }

    /// <summary>Parts of the disk in order; one a block where there are few.</summary>
    public MapBin[] Disk { get; }

    /// <summary>Parts of the file in order.</summary>
    public MapBin[] File { get; }

    /// <summary>Whether a block's table entry names no place for one.</summary>
    public bool HasDamage { get; private set; }

    /// <summary>Lines from place on the disk to place in the file.</summary>
    public IReadOnlyCollection<MapSegment> Segments => _segments;

    /// <summary>Draws an image that is open.</summary>
    public static MapRaster Draw(DiskSource source, IEnumerable<BlockRun> runs, CancellationToken cancellation)
    {
        bool isFixed = source.BlockSize is null;
        int blockBytes = source.BlockSize ?? VhdSpec.DefaultBlockSize;
        long sectorsPerBlock = blockBytes / source.LogicalSectorSize;
        long blockCount = isFixed ? (source.LogicalSectorCount + sectorsPerBlock - 1) / sectorsPerBlock : source.BlockCount;
        var raster = new MapRaster(blockCount, source.LogicalSectorCount, source.FileSize, blockBytes, source.LogicalSectorSize);
        foreach (BlockRun run in runs)
        {
            cancellation.ThrowIfCancellationRequested();
            if (run.State == BlockState.Damaged)
            {
                raster.AddDamaged(run);
            }
            else if (run.FileOffset >= 0)
            {
                // A fixed disk is drawn as blocks that follow on each other.
                raster.Add(isFixed ? run with { Count = blockCount, FileStride = blockBytes } : run, blockBytes, sectorsPerBlock);
            }
        }

        foreach ((long fileOffset, long length) in source.FindStructures())
        {
            raster.AddStructure(fileOffset, length);
        }

        return raster;
    }

    private void Add(BlockRun run, int blockBytes, long sectorsPerBlock)
    {
        double fullness = run.WrittenSectorCount is { } written ? (double)written / run.SectorCount : 1;
        for (long i = 0; i < run.Count; i++)
        {
            long block = run.Block + i, offset = run.FileOffset + (i * run.FileStride);
            long sectors = Math.Min(sectorsPerBlock, _sectorCount - (block * sectorsPerBlock));
            ref MapBin disk = ref Disk[(int)Math.Min(Disk.Length - 1, block / _blocksPerBin)];
            disk.Fullness += fullness / _blocksPerBin;
            disk.Place = disk.Place < 0 ? Math.Min(1, (double)offset / _fileLength) : disk.Place;
            AddToFile(offset, Math.Min(blockBytes, sectors * _sectorSize), fullness, (double)block / _blockCount);
        }

        long end = run.FileOffset + ((run.Count - 1) * run.FileStride) + blockBytes;
        AddSegment(run.Block / (double)_blockCount, run.FileOffset / (double)_fileLength, (run.Block + run.Count) / (double)_blockCount,
            end / (double)_fileLength);
    }

    private void AddDamaged(BlockRun run)
    {
        HasDamage = true;
        int first = (int)Math.Min(Disk.Length - 1, run.Block / _blocksPerBin);
        int last = (int)Math.Min(Disk.Length - 1, (run.Block + run.Count - 1) / _blocksPerBin);
        for (int bin = first; bin <= last; bin++)
        {
            Disk[bin].IsDamaged = true;
        }
    }

    private void AddToFile(long offset, long length, double fullness, double place)
    {
        long end = Math.Min(offset + length, _fileLength);
        for (int bin = (int)(offset / _bytesPerBin); bin < File.Length && bin * _bytesPerBin < end; bin++)
        {
            double covered = Math.Min(end, (bin + 1) * _bytesPerBin) - Math.Max(offset, bin * _bytesPerBin);
            File[bin].Fullness += fullness * covered / _bytesPerBin;
            File[bin].Place = File[bin].Place < 0 ? place : File[bin].Place;
        }
    }

    private void AddStructure(long offset, long length)
    {
        long end = Math.Min(offset + length, _fileLength);
        for (int bin = (int)(offset / _bytesPerBin); bin < File.Length && bin * _bytesPerBin < end; bin++)
        {
            File[bin].IsStructure = true;
        }
    }

    private void AddSegment(double x0, double y0, double x1, double y1)
    {
        static short Snap(double part, int size, int step) => (short)(Math.Round(Math.Clamp(part, 0, 1) * size / step) * step);
        _segments.Add(new MapSegment(
            Snap(x0, PlotWidth, _step), Snap(y0, PlotHeight, _step), Snap(x1, PlotWidth, _step), Snap(y1, PlotHeight, _step)));
        if (_segments.Count <= MaxSegmentCount || _step > 1)
        {
            return;
        }

        // More than can be distinguished: a coarser grid makes many of them equal.
        _step = CoarseStep;
        MapSegment[] fine = [.. _segments];
        _segments.Clear();
        foreach (MapSegment segment in fine)
        {
            AddSegment(
                segment.X0 / (double)PlotWidth, segment.Y0 / (double)PlotHeight, segment.X1 / (double)PlotWidth,
                    segment.Y1 / (double)PlotHeight);
        }
    }
}
