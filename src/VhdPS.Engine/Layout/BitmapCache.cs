using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Layout;

/// <summary>
/// The sector bitmaps of one image as this handle sees them. A full bitmap is remembered as one byte, others whole, up to
/// a bound; bitmaps with bits that are not in the file yet stay until they are published. Look-ups may run on several
/// threads at once.
/// </summary>
internal sealed class BitmapCache
{
    private const long MaxCachedBytes = 4 * 1024 * 1024;

    private const byte Unknown = 0;
    private const byte Full = 1;
    private const byte Partial = 2;

    private readonly ImageFile _file;
    private readonly ImageLayout _layout;
    private readonly Lazy<byte[]> _states;
    private readonly Dictionary<int, byte[]> _partial = [];
    private readonly SortedSet<int> _dirty = [];
    private readonly object _gate = new();

    public BitmapCache(ImageFile file, ImageLayout layout)
    {
        _file = file;
        _layout = layout;
        _states = new Lazy<byte[]>(() => new byte[layout.BlockCount]);
    }

    /// <summary>Blocks whose bitmap has bits that the file lacks, in ascending order.</summary>
    public IReadOnlyCollection<int> Dirty => _dirty;

    /// <summary>Bytes of the bitmaps that wait to be published.</summary>
    public long DirtyBytes => (long)_dirty.Count * _layout.BitmapSize;

    /// <summary>The bitmap of an allocated block, or null where it is known to be full.</summary>
    public byte[]? Get(int blockIndex, uint entry)
    {
        if (_states.Value[blockIndex] == Full)
        {
            return null;
        }

        lock (_gate)
        {
            return _partial.TryGetValue(blockIndex, out byte[]? bitmap) ? bitmap : Load(blockIndex, entry);
        }
    }

    /// <summary>Records that every bit of a block is set, in the file too.</summary>
    public void SetFull(int blockIndex)
    {
        lock (_gate)
        {
            _states.Value[blockIndex] = Full;
            _partial.Remove(blockIndex);
            _dirty.Remove(blockIndex);
        }
    }

    /// <summary>Takes the bitmap of a fresh block, which the file does not have yet.</summary>
    public void SetFresh(int blockIndex, byte[] bitmap)
    {
        lock (_gate)
        {
            _states.Value[blockIndex] = Partial;
            _partial[blockIndex] = bitmap;
            _dirty.Add(blockIndex);
        }
    }

    /// <summary>Records that no bit of a block is set, in the file too.</summary>
    public void SetEmpty(int blockIndex)
    {
        lock (_gate)
        {
            _states.Value[blockIndex] = Partial;
            _partial[blockIndex] = new byte[_layout.BitmapSize];
            _dirty.Remove(blockIndex);
        }
    }

    /// <summary>Forgets what is known of a block that is not in the file any more.</summary>
    public void Forget(int blockIndex)
    {
        lock (_gate)
        {
            _states.Value[blockIndex] = Unknown;
            _partial.Remove(blockIndex);
            _dirty.Remove(blockIndex);
        }
    }

    /// <summary>Sets bits of an allocated block, to be published by the next flush.</summary>
    public void MarkWritten(int blockIndex, uint entry, int sectorInBlock, int count)
    {
        if (Get(blockIndex, entry) is not { } bitmap)
        {
            return;
        }

        int run = SectorBitmap.RunLength(bitmap, sectorInBlock, count, out bool isSet);
        if (isSet && run == count)
        {
            return;
        }

        lock (_gate)
        {
            SectorBitmap.SetRange(bitmap, sectorInBlock, count);
            _dirty.Add(blockIndex);
        }
    }

    /// <summary>Records that all bitmaps are in the file.</summary>
    public void SetPublished()
    {
        lock (_gate)
        {
            foreach (int blockIndex in _dirty)
            {
                if (IsFull(_partial[blockIndex]))
                {
                    _states.Value[blockIndex] = Full;
                    _partial.Remove(blockIndex);
                }
            }

            _dirty.Clear();
        }
    }

    private byte[]? Load(int blockIndex, uint entry)
    {
        byte[] bitmap = new byte[_layout.BitmapSize];
        _file.ReadAt(ImageLayout.BitmapOffset(entry), bitmap);
        if (IsFull(bitmap))
        {
            _states.Value[blockIndex] = Full;
            return null;
        }

        Evict();
        _states.Value[blockIndex] = Partial;
        _partial[blockIndex] = bitmap;
        return bitmap;
    }

    private void Evict()
    {
        if ((long)(_partial.Count - _dirty.Count) * _layout.BitmapSize < MaxCachedBytes)
        {
            return;
        }

        foreach (int blockIndex in _partial.Keys.Where(blockIndex => !_dirty.Contains(blockIndex)).ToList())
        {
            _partial.Remove(blockIndex);
            _states.Value[blockIndex] = Unknown;
        }
    }

    private bool IsFull(ReadOnlySpan<byte> bitmap)
    {
        int run = SectorBitmap.RunLength(bitmap, 0, _layout.SectorsPerBlock, out bool isSet);
        return isSet && run == _layout.SectorsPerBlock;
    }
}
