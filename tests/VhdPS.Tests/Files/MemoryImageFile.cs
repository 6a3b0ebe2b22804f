using VhdPS.Engine.Files;


namespace VhdPS.Tests.Files;

/// <summary>
/// An image file in memory. Only pages that were written take room, so that lengths of terabytes cost nothing. Closing it
/// leaves the bytes for another handle, made by <see cref="Reopen"/>.
/// </summary>
internal sealed class MemoryImageFile : ImageFile
{
    private const int PageSize = 64 * 1024;
    private const int DiskFullErrno = 28;

    private readonly Store _store;

    public MemoryImageFile(ReadOnlySpan<byte> bytes, string path = "memory.vhd")
        : this(new Store(), path)
    {
        WriteAt(0, bytes);
    }

    private MemoryImageFile(Store store, string path)
    {
        _store = store;
        Path = path;
    }

    public override string Path { get; }

    public override bool CanWrite => true;

    public override long Length => _store.Length;

    public override long SizeOnDisk => (long)_store.Pages.Count * PageSize;

    public override FileIdentity Identity => new(0, 0, 0, Path);

    /// <summary>The length past which the medium is full.</summary>
    public long MaxLength { get; set; } = long.MaxValue;

    /// <summary>Whether this handle was closed.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Another handle on the same bytes.</summary>
    public MemoryImageFile Reopen() => new(_store, Path);

    /// <summary>A file of its own with the same bytes.</summary>
    public MemoryImageFile Copy()
    {
        var store = new Store { Length = _store.Length };
        foreach ((long page, byte[] bytes) in _store.Pages)
        {
            store.Pages[page] = (byte[])bytes.Clone();
        }

        return new MemoryImageFile(store, Path);
    }

    /// <summary>All bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Length];
        ReadAt(0, bytes);
        return bytes;
    }

    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        int total = (int)Math.Clamp(Length - fileOffset, 0, buffer.Length);
        for (int done = 0; done < total;)
        {
            (long page, int at) = ((fileOffset + done) / PageSize, (int)((fileOffset + done) % PageSize));
            Span<byte> part = buffer[done..Math.Min(total, done + PageSize - at)];
            if (_store.Pages.TryGetValue(page, out byte[]? bytes))
            {
                bytes.AsSpan(at, part.Length).CopyTo(part);
            }
            else
            {
                part.Clear();
            }

            done += part.Length;
        }

        return total;
    }

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        bool isFull = fileOffset + data.Length > MaxLength;
        ReadOnlySpan<byte> taken = isFull ? data[..(int)Math.Clamp(MaxLength - fileOffset, 0, data.Length)] : data;
        for (int done = 0; done < taken.Length;)
        {
            (long page, int at) = ((fileOffset + done) / PageSize, (int)((fileOffset + done) % PageSize));
            ReadOnlySpan<byte> part = taken[done..Math.Min(taken.Length, done + PageSize - at)];
            if (!_store.Pages.TryGetValue(page, out byte[]? bytes))
            {
                _store.Pages[page] = bytes = new byte[PageSize];
            }

            part.CopyTo(bytes.AsSpan(at));
            done += part.Length;
        }

        _store.Length = taken.Length == 0 ? _store.Length : Math.Max(_store.Length, fileOffset + taken.Length);
        if (isFull)
        {
            throw new ImageIOException(Path, ImageIOOperation.Write, fileOffset, new IOException("No space left on device", DiskFullErrno));
        }
    }

    public override void SetLength(long length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        foreach (long page in _store.Pages.Keys.Where(page => (page + 1) * PageSize > length).ToList())
        {
            long keep = length - (page * PageSize);
            if (keep <= 0)
            {
                _store.Pages.Remove(page);
            }
            else
            {
                _store.Pages[page].AsSpan((int)keep).Clear();
            }
        }

        _store.Length = length;
    }

    public override void Flush() => ObjectDisposedException.ThrowIf(IsDisposed, this);

    protected override void Dispose(bool disposing) => IsDisposed = true;

    private sealed class Store
    {
        public Dictionary<long, byte[]> Pages { get; } = [];

        public long Length { get; set; }
    }
}
