using VhdPS.Engine.Files;


namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Pages of a file's table and bitmaps, each 64 KiB, of which a bounded number is kept: a table of any size is looked up in
/// 8 MiB of memory. Look-ups may run on several threads at once.
/// </summary>
internal sealed class PageCache(ImageFile file)
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 64 * 1024;

    private const int MaxPageCount = 128;

    private readonly Dictionary<long, byte[]> _pages = [];
    private readonly Queue<long> _order = new();
    private readonly object _gate = new();
    private Page? _last;

    /// <summary>The page in which an offset of the file lies.</summary>
    /// <exception cref="ImageIOException">The read failed, or the file has become shorter.</exception>
    public ReadOnlySpan<byte> Get(long fileOffset)
    {
        long number = fileOffset / PageSize;
        if (Volatile.Read(ref _last) is { } last && last.Number == number)
        {
            return last.Bytes;
        }

        lock (_gate)
        {
            if (!_pages.TryGetValue(number, out byte[]? bytes))
            {
                bytes = Load(number);
                _pages.Add(number, bytes);
                _order.Enqueue(number);
            }

            Volatile.Write(ref _last, new Page(number, bytes));
            return bytes;
        }
    }

    private byte[] Load(long number)
    {
        if (_pages.Count == MaxPageCount)
        {
            // Not used again for another page: a reader on another thread may still look at it.
            _pages.Remove(_order.Dequeue());
        }

        byte[] bytes = new byte[PageSize];
        if (file.ReadAt(number * PageSize, bytes) < PageSize)
        {
            throw ShortRead.At(file, number * PageSize);
        }

        return bytes;
    }

    private sealed record Page(long Number, byte[] Bytes);
}
