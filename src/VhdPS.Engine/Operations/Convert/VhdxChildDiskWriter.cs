using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>
/// A differencing VHDX: of the blocks that differ from the parent's those sectors that do, in the order of the disk. A block that
/// differs in all of its sectors needs no bits, and one that is all zeros no place.
/// </summary>
/// <param name="file">A new, empty file.</param>
/// <param name="image">The image to make.</param>
/// <param name="differences">Finds what differs.</param>
internal sealed class VhdxChildDiskWriter(ImageFile file, NewVhdx image, ParentDifferences differences) : DiskWriter(file)
{
    private readonly Sequencer _turns = new();
    private readonly VhdxBuilder _builder = new(file, image);
    private readonly int _sectorSize = image.LogicalSectorSize;
    private readonly long _diskSize = image.DiskSize;

    public override long UnitSize => Math.Max(Math.Max(_builder.BlockSize, ChunkSize), differences.ManifestBlockSize);

    /// <summary>The parent's chunk lies before the disk's.</summary>
    public override int HeadroomBytes => ChunkSize;

    public override void Begin() => _builder.Begin();

    public override void CopyUnit(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        try
        {
            SortedList<long, BlockDifference> blocks = Compare(source, unit, buffer, stopping);
            if (blocks.Count == 0)
            {
                return;
            }

            _turns.Wait(unit.Number, stopping);
            foreach ((long blockIndex, BlockDifference block) in blocks)
            {
                Place(blockIndex, block);
            }

            _turns.Pass(unit.Number);
            foreach ((long blockIndex, BlockDifference block) in blocks)
            {
                if (_builder.IsPlaced(blockIndex))
                {
                    Write(source, blockIndex, block, buffer, stopping);
                }
            }
        }
        finally
        {
            _turns.Pass(unit.Number);
        }
    }

    public override void Complete() => _builder.Complete();

    /// <summary>What differs of a block.</summary>
    private sealed class BlockDifference(int sectorCount, int bitmapBytes)
    {
        /// <summary>A bit for each sector that differs, bit 0 of byte 0 first.</summary>
        public byte[] Bits { get; } = new byte[bitmapBytes];

        /// <summary>Sectors that differ.</summary>
        public int Count { get; private set; }

        /// <summary>Whether the disk has anything but zeros in what was read of the block.</summary>
        public bool HasData { get; set; }

        /// <summary>Whether all sectors differ that the disk has in the block.</summary>
        public bool IsWhole => Count == sectorCount;

        public bool IsSet(int sector) => (Bits[sector >> 3] >> (sector & 7) & 1) != 0;

        public void Set(int sector, int count)
        {
            for (int at = sector; at < sector + count; at++)
            {
                // Two extents may end and begin in one sector of 4096 bytes, which is looked at twice then.
                Count += IsSet(at) ? 0 : 1;
                Bits[at >> 3] |= (byte)(1 << (at & 7));
            }
        }
    }

    /// <summary>The blocks of a unit in which something differs. All is read before a place is given: what a block needs is known only
    /// then.</summary>
    private SortedList<long, BlockDifference> Compare(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        var blocks = new SortedList<long, BlockDifference>();
        foreach (DiskExtent extent in differences.ListUnequal(source, unit, buffer.AsMemory(ChunkSize, ChunkSize), stopping))
        {
            // Both kinds of holes are known to 512 bytes, and a sector of 4096 differs as a whole.
            long end = Math.Min(_diskSize, VhdSpec.RoundUp(extent.End, _sectorSize));
            for (long at = extent.Offset - (extent.Offset % _sectorSize); at < end;)
            {
                stopping.ThrowIfCancellationRequested();
                long inBlock = at % _builder.BlockSize;
                int length = (int)Math.Min(Math.Min(ChunkSize, end - at), _builder.BlockSize - inBlock);
                Compare(source, at, length, buffer, blocks);
                at += length;
            }
        }

        foreach (long blockIndex in blocks.Where(block => block.Value.Count == 0).Select(block => block.Key).ToArray())
        {
            blocks.Remove(blockIndex);
        }

        return blocks;
    }

    private void Compare(DiskSource source, long offset, int length, byte[] buffer, SortedList<long, BlockDifference> blocks)
    {
        Span<byte> parents = buffer.AsSpan(0, length), own = buffer.AsSpan(ChunkSize, length);
        source.ReadAt(offset, own);
        differences.ReadParent(offset, parents);
        long blockIndex = offset / _builder.BlockSize;
        int firstSector = (int)(offset % _builder.BlockSize / _sectorSize);
        if (!blocks.TryGetValue(blockIndex, out BlockDifference? block))
        {
            long inDisk = Math.Min(_builder.BlockSize, _diskSize - (blockIndex * _builder.BlockSize));
            block = new BlockDifference((int)(inDisk / _sectorSize), _builder.BlockSize / _sectorSize / 8);
            blocks.Add(blockIndex, block);
        }

        block.HasData |= own.IndexOfAnyExcept((byte)0) >= 0;
        for (int at = 0; differences.TryFind(own, parents, at, out int start, out int end); at = end)
        {
            block.Set(firstSector + (start / _sectorSize), (end - start) / _sectorSize);
        }
    }

    private void Place(long blockIndex, BlockDifference block)
    {
        // What was not read is zeros on both sides, unless a manifest has kept it from being read.
        if (!block.HasData && (block.IsWhole || !differences.SkipsData))
        {
            _builder.SetZero(blockIndex);
        }
        else if (block.IsWhole)
        {
            _builder.Place(blockIndex);
        }
        else
        {
            _builder.PlacePartial(blockIndex, block.Bits);
        }
    }

    private void Write(DiskSource source, long blockIndex, BlockDifference block, byte[] buffer, CancellationToken stopping)
    {
        long blockStart = blockIndex * _builder.BlockSize, place = _builder.DataOffset(blockIndex);
        int sectors = (int)(Math.Min(_builder.BlockSize, _diskSize - blockStart) / _sectorSize);
        for (int sector = 0; sector < sectors;)
        {
            int end = sector;
            while (end < sectors && block.IsSet(end) && (end - sector + 1) * _sectorSize <= ChunkSize)
            {
                end++;
            }

            if (end > sector)
            {
                stopping.ThrowIfCancellationRequested();
                long inBlock = (long)sector * _sectorSize;
                WriteRun(source, blockStart + inBlock, place + inBlock, buffer.AsSpan(ChunkSize, (end - sector) * _sectorSize));
            }

            sector = Math.Max(end, sector + 1);
        }
    }

    private void WriteRun(DiskSource source, long offset, long fileOffset, Span<byte> run)
    {
        source.ReadAt(offset, run);
        for (int from = 0; ZeroScan.TryFindData(run, from, out int start, out int end); from = end)
        {
            Fresh.Put((_, count) => StoredRun.Unshared(count), offset + start, fileOffset + start, run[start..end]);
        }
    }
}
