using System.Collections.Concurrent;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Engine.Operations.Optimize;

/// <summary>
/// Copies the blocks of a differencing image, bitmaps as they are, in the order of the disk. Blocks without a set bit are
/// left out, and blocks that hold what the parent holds where it can be asked.
/// </summary>
internal sealed class ChildCopy
{
    private readonly ImageFile _oldFile;
    private readonly VhdImage _image;
    private readonly ImageFile _file;
    private readonly ImageBuilder _assembly;
    private readonly ChainReader? _parent;
    private readonly Sequencer _turns = new();
    private readonly ConcurrentBag<byte[]> _buffers = [];
    /// <summary>Prepares a copy.</summary>
    /// <param name="oldFile">The image's file.</param>
    /// <param name="image">The image.</param>
    /// <param name="file">A new, empty file.</param>
    /// <param name="assembly">The new image in the making.</param>
    /// <param name="parent">Reads the disk of the parent; null where it is not to be asked.</param>
    public ChildCopy(ImageFile oldFile, VhdImage image, ImageFile file, ImageBuilder assembly, ChainReader? parent)
    {
        _oldFile = oldFile;
        _image = image;
        _file = file;
        _assembly = assembly;
        _parent = parent;
    }

    /// <summary>Puts the data into the new file.</summary>
    public required FreshRanges Fresh { get; init; }

    /// <summary>Whether the data is read to find zeros, which are not written.</summary>
    public bool FindsZeros { get; init; } = true;

    /// <summary>Copies the blocks and writes the structures; with <paramref name="sync"/> data goes to the medium along the way.</summary>
    public void Run(IProgress<WorkProgress>? progress, bool sync, CancellationToken cancellation)
    {
        using RollingFlush? flush = sync ? new RollingFlush(_file) : null;
        int[] blocks = [.. Enumerable.Range(0, _image.Map.Table!.Count).Where(block => _image.Map.Table[block] != VhdSpec.UnusedEntry)];
        long total = (long)blocks.Length * _assembly.BlockSize, done = 0;
        IEnumerable<int> copied = OrderedWork.Run(
            Enumerable.Range(0, blocks.Length),
            (number, stopping) =>
            {
                try
                {
                    Copy(number, blocks[number], stopping);
                }
                finally
                {
                    _turns.Pass(number);
                }

                return number;
            },
            cancellation);
        foreach (int _ in copied)
        {
            done += _assembly.BlockSize;
            progress?.Report(new WorkProgress(done, total));
            flush?.Step(Fresh.CopiedBytes, cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        _assembly.Complete();
        flush?.Finish(cancellation);
    }

    private void Copy(int number, int blockIndex, CancellationToken stopping)
    {
        uint entry = _image.Map.Table![blockIndex];
        _image.Map.ThrowIfMisplaced(blockIndex, entry);
        byte[]? bitmap = _image.Map.Bitmaps!.Get(blockIndex, entry);
        if (bitmap is not null && SectorBitmap.CountSet(bitmap, _image.Layout.SectorsInBlock(blockIndex)) == 0)
        {
            return;
        }

        byte[] buffer = _buffers.TryTake(out byte[]? used) ? used : new byte[2 * DiskWriter.ChunkSize];
        if (_parent is null || !EqualsParent(blockIndex, buffer, stopping))
        {
            _turns.Wait(number, stopping);
            _assembly.Place(blockIndex, bitmap is null);
            _turns.Pass(number);
            WriteData(blockIndex, entry, bitmap, buffer, stopping);

            // Last: a call that shares waits for what was written beside it.
            WriteFront(blockIndex, bitmap);
        }

        _buffers.Add(buffer);
    }

    /// <summary>Whether the disk is the same with this block as without it.</summary>
    private bool EqualsParent(int blockIndex, byte[] buffer, CancellationToken stopping)
    {
        long sector = (long)blockIndex * _image.Layout.SectorsPerBlock;
        long end = sector + _image.Layout.SectorsInBlock(blockIndex);
        while (sector < end)
        {
            stopping.ThrowIfCancellationRequested();
            int length = (int)Math.Min(DiskWriter.ChunkSize, (end - sector) * VhdSpec.SectorSize);
            Span<byte> own = buffer.AsSpan(0, length), parents = buffer.AsSpan(DiskWriter.ChunkSize, length);
            _image.ReadSectors(sector, own);
            _parent!.Read(sector, parents);
            if (!own.SequenceEqual(parents))
            {
                return false;
            }

            sector += length / VhdSpec.SectorSize;
        }

        return true;
    }

    private void WriteFront(int blockIndex, byte[]? bitmap)
    {
        byte[] front = new byte[_assembly.FrontSize];
        Span<byte> bits = front.AsSpan(_assembly.FrontSize - _assembly.BitmapSize);
        bits.Fill(0xFF);
        bitmap?.CopyTo(bits);
        _file.WriteAt(_assembly.DataOffset(blockIndex) - front.Length, front);
    }

    private void WriteData(int blockIndex, uint entry, byte[]? bitmap, byte[] buffer, CancellationToken stopping)
    {
        long from = _image.Layout.DataOffset(entry), to = _assembly.DataOffset(blockIndex);
        int sectorCount = _image.Layout.SectorsInBlock(blockIndex);
        StoredRun Find(long offset, long length) => FindOwn(bitmap, from, offset, length);
        if (!FindsZeros)
        {
            void Read(long offset, Span<byte> sectors) => sectors[_oldFile.ReadAt(from + offset, sectors)..].Clear();
            Fresh.PutUnread(Find, Read, 0, (long)sectorCount * VhdSpec.SectorSize, to, buffer, stopping);
            return;
        }

        for (int sector = 0; sector < sectorCount;)
        {
            stopping.ThrowIfCancellationRequested();
            int count = Math.Min(DiskWriter.ChunkSize / VhdSpec.SectorSize, sectorCount - sector);
            Span<byte> chunk = buffer.AsSpan(0, count * VhdSpec.SectorSize);
            long offset = (long)sector * VhdSpec.SectorSize;
            chunk[_oldFile.ReadAt(from + offset, chunk)..].Clear();
            if (bitmap is not null)
            {
                ClearAbsent(bitmap, sector, chunk);
            }

            for (int at = 0; ZeroScan.TryFindData(chunk, at, out int start, out int end); at = end)
            {
                Fresh.Put(Find, offset + start, to + offset + start, chunk[start..end]);
            }

            sector += count;
        }
    }

    /// <summary>Where bytes of a block lie that its bits say are there; what lies under a clear bit is nothing.</summary>
    private StoredRun FindOwn(byte[]? bitmap, long dataOffset, long offset, long length)
    {
        if (bitmap is not null)
        {
            int sectors = (int)VhdSpec.SectorsFor(length);
            int run = SectorBitmap.RunLength(bitmap, (int)(offset / VhdSpec.SectorSize), sectors, out bool isSet);
            length = Math.Min(length, (long)run * VhdSpec.SectorSize);
            if (!isSet)
            {
                return StoredRun.Zero(length);
            }
        }

        return StoredRun.InFile(length, _oldFile.ShareSource, dataOffset + offset, _oldFile.Length);
    }

    /// <summary>What lies under a clear bit is nothing: it may be what another file held.</summary>
    private static void ClearAbsent(byte[] bitmap, int firstSector, Span<byte> chunk)
    {
        int count = chunk.Length / VhdSpec.SectorSize;
        for (int done = 0; done < count;)
        {
            int run = SectorBitmap.RunLength(bitmap, firstSector + done, count - done, out bool isSet);
            if (!isSet)
            {
                chunk.Slice(done * VhdSpec.SectorSize, run * VhdSpec.SectorSize).Clear();
            }

            done += run;
        }
    }
}
