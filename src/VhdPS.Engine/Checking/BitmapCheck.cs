using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>Reads the bitmap of every block, and in a dynamic image the data under its clear bits.</summary>
internal sealed class BitmapCheck(ImageFile file, ImageLayout layout, FindingLog log, BatmapBits? batmap)
{
    private readonly byte[] _bitmap = new byte[layout.BitmapSize];
    private readonly byte[] _hidden = new byte[layout.BitmapSize];
    private readonly HiddenData _hiddenData = new(file, layout);

    /// <summary>Looks at the blocks in the order of the file.</summary>
    public void Run(ReadOnlySpan<ulong> placed, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        for (int i = 0; i < placed.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            CheckBlock(TableScan.BlockOf(placed[i]), TableScan.EntryOf(placed[i]), cancellation);
            progress?.Report(new WorkProgress((i + 1) * layout.BlockSpan, placed.Length * layout.BlockSpan));
        }
    }

    private void CheckBlock(int blockIndex, uint entry, CancellationToken cancellation)
    {
        int count = layout.SectorsInBlock(blockIndex);
        file.ReadAt(ImageLayout.BitmapOffset(entry), _bitmap);
        if (SectorBitmap.RunLength(_bitmap, 0, count, out bool isSet) == count && isSet)
        {
            return;
        }

        if (layout.VhdType == VhdType.Dynamic)
        {
            _hidden.AsSpan().Clear();
            _hiddenData.Find(blockIndex, entry, _bitmap, _hidden, cancellation);
            ReportHidden(blockIndex, entry, count);
        }

        if (batmap?.IsFull(blockIndex) == true && log.IsFull(FaultCode.BatmapStale))
        {
            log.CountOnly(FaultCode.BatmapStale);
        }
        else if (batmap?.IsFull(blockIndex) == true)
        {
            log.Add(new Finding(
                FaultCode.BatmapStale, VhdStructure.Batmap, batmap.MapOffset + (blockIndex / 8), "a clear bit", "a set bit",
                Invariant($"The bitmap of block {blockIndex} is not full."))
            {
                BlockIndex = blockIndex,
            });
        }
    }

    private void ReportHidden(int blockIndex, uint entry, int count)
    {
        int hiddenCount = SectorBitmap.CountSet(_hidden, count);
        if (hiddenCount == 0)
        {
            return;
        }

        if (log.IsFull(FaultCode.BitmapStale))
        {
            log.CountOnly(FaultCode.BitmapStale);
            return;
        }

        int first = SectorBitmap.RunLength(_hidden, 0, count, out bool isFirst);
        first = isFirst ? 0 : first;
        log.Add(new Finding(
            FaultCode.BitmapStale, VhdStructure.SectorBitmap, ImageLayout.BitmapOffset(entry) + (first / 8), "zeros under clear bits",
            Invariant($"data in {hiddenCount} sectors, the first at sector {first} of the block"),
            Invariant($"Block {blockIndex} holds data that its bitmap hides."))
        {
            BlockIndex = blockIndex,
        });
    }
}
