using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Disks;

/// <summary>
/// A VHDX, dynamic or fixed: of a dynamic one the blocks that are not all zeros, in the order of the disk, each on a whole MiB.
/// </summary>
/// <param name="file">A new, empty file.</param>
/// <param name="image">The image to make, without a parent.</param>
internal sealed class VhdxDiskWriter(ImageFile file, NewVhdx image) : DiskWriter(file)
{
    private readonly Sequencer _turns = new();
    private readonly VhdxBuilder _builder = new(file, image);
    private readonly bool _isFixed = image.VhdType == VhdType.Fixed;

    // Blocks of 1 MiB and more: a chunk never lies in two.
    public override long UnitSize => _isFixed ? 2 * ChunkSize : Math.Max(_builder.BlockSize, 2 * ChunkSize);

    public override void Begin() => _builder.Begin();

    public override void CopyUnit(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        try
        {
            foreach (DiskExtent extent in unit.Data)
            {
                for (long at = extent.Offset; at < extent.End;)
                {
                    if (!FindsZeros)
                    {
                        long inBlock = at % _builder.BlockSize, end = Math.Min(extent.End, at - inBlock + _builder.BlockSize);
                        long place = PlaceOf(unit, at / _builder.BlockSize, stopping) + inBlock;
                        Fresh.PutUnread(source.FindStored, source.ReadAt, at, end, place, buffer.AsSpan(0, ChunkSize), stopping);
                        at = end;
                        continue;
                    }

                    stopping.ThrowIfCancellationRequested();
                    long boundary = at - (at % ChunkSize) + ChunkSize;
                    Span<byte> chunk = buffer.AsSpan(0, (int)(Math.Min(boundary, extent.End) - at));
                    source.ReadAt(at, chunk);
                    WriteRuns(source, unit, at, chunk, stopping);
                    at += chunk.Length;
                }
            }
        }
        finally
        {
            _turns.Pass(unit.Number);
        }
    }

    public override void Complete() => _builder.Complete();

    private void WriteRuns(DiskSource source, DiskUnit unit, long offset, ReadOnlySpan<byte> chunk, CancellationToken stopping)
    {
        long blockIndex = offset / _builder.BlockSize;
        long inBlock = offset % _builder.BlockSize;
        for (int at = 0; ZeroScan.TryFindData(chunk, at, out int start, out int end); at = end)
        {
            Fresh.Put(source.FindStored, offset + start, PlaceOf(unit, blockIndex, stopping) + inBlock + start, chunk[start..end]);
        }
    }

    /// <summary>File offset of a block's data; where it has none yet it is given the next place, in turn.</summary>
    private long PlaceOf(DiskUnit unit, long blockIndex, CancellationToken stopping)
    {
        if (_isFixed)
        {
            return _builder.DataStart + (blockIndex * _builder.BlockSize);
        }

        if (!_builder.IsPlaced(blockIndex))
        {
            _turns.Wait(unit.Number, stopping);
            _builder.Place(blockIndex);
            if ((blockIndex + 1) * _builder.BlockSize >= unit.End)
            {
                // The last of the unit: the next one need not wait for its bytes.
                _turns.Pass(unit.Number);
            }
        }

        return _builder.DataOffset(blockIndex);
    }
}
