using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>
/// A differencing image: the sectors that differ from the parent's, zeros among them, with their bits set, in blocks in the order of
/// the disk.
/// </summary>
/// <param name="file">A new, empty file.</param>
/// <param name="assembly">The image in the making.</param>
/// <param name="differences">Finds what differs.</param>
internal sealed class ChildDiskWriter(ImageFile file, ImageBuilder assembly, ParentDifferences differences) : DiskWriter(file)
{
    private readonly Sequencer _turns = new();
    private readonly int _blockSize = assembly.BlockSize;

    public override long UnitSize => Math.Max(Math.Max(_blockSize, ChunkSize), differences.ManifestBlockSize);

    /// <summary>The parent's chunk lies before the disk's.</summary>
    public override int HeadroomBytes => ChunkSize;

    public override void Begin()
    {
    }

    public override void CopyUnit(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        var bitmaps = new SortedList<int, byte[]>();
        try
        {
            foreach (DiskExtent extent in differences.ListUnequal(source, unit, buffer.AsMemory(ChunkSize, ChunkSize), stopping))
            {
                for (long at = extent.Offset; at < extent.End;)
                {
                    stopping.ThrowIfCancellationRequested();
                    int length = (int)Math.Min(Math.Min(ChunkSize, extent.End - at), _blockSize - (at % _blockSize));
                    CopyChunk(source, unit.Number, at, length, buffer, bitmaps, stopping);
                    at += length;
                }
            }

            foreach ((int blockIndex, byte[] bitmap) in bitmaps)
            {
                WriteFront(blockIndex, bitmap);
            }
        }
        finally
        {
            _turns.Pass(unit.Number);
        }
    }

    public override void Complete() => assembly.Complete();

    private void CopyChunk(
        DiskSource source, long number, long offset, int length, byte[] buffer, SortedList<int, byte[]> bitmaps, CancellationToken stopping)
    {
        Span<byte> parents = buffer.AsSpan(0, length), own = buffer.AsSpan(ChunkSize, length);
        source.ReadAt(offset, own);
        differences.ReadParent(offset, parents);
        for (int at = 0; differences.TryFind(own, parents, at, out int start, out int end); at = end)
        {
            int blockIndex = (int)(offset / _blockSize);
            int inBlock = (int)(offset % _blockSize);
            if (!bitmaps.TryGetValue(blockIndex, out byte[]? bitmap))
            {
                bitmap = Place(number, blockIndex, stopping);
                bitmaps.Add(blockIndex, bitmap);
            }

            SectorBitmap.SetRange(bitmap, (inBlock + start) / VhdSpec.SectorSize, (end - start) / VhdSpec.SectorSize);
            ReadOnlySpan<byte> run = own[start..end];
            for (int from = 0; ZeroScan.TryFindData(run, from, out int dataStart, out int dataEnd); from = dataEnd)
            {
                Fresh.Put(
                    (_, count) => StoredRun.Unshared(count), offset + start + dataStart,
                    assembly.DataOffset(blockIndex) + inBlock + start + dataStart, run[dataStart..dataEnd]);
            }
        }
    }

    private byte[] Place(long number, int blockIndex, CancellationToken stopping)
    {
        _turns.Wait(number, stopping);
        assembly.Place(blockIndex, isFull: false);
        if (UnitSize == _blockSize)
        {
            _turns.Pass(number);
        }

        return new byte[assembly.BitmapSize];
    }

    private void WriteFront(int blockIndex, byte[] bitmap)
    {
        byte[] front = new byte[assembly.FrontSize];
        bitmap.CopyTo(front, assembly.FrontSize - assembly.BitmapSize);
        File.WriteAt(assembly.DataOffset(blockIndex) - front.Length, front);
    }
}
