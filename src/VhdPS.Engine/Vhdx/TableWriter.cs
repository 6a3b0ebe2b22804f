using System.Buffers.Binary;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// The table of a file in the making: entries in any order, in pages of 64 KiB of which at most 128 are in memory. What was
/// never set is zero, which is a block that was never written. May be used on several threads at once.
/// </summary>
/// <param name="file">The new file, long enough for the table, which is all zeros in it.</param>
/// <param name="tableOffset">File offset of the table, a multiple of 64 KiB.</param>
internal sealed class TableWriter(ImageFile file, long tableOffset)
{
    private const int PageSize = 64 * 1024;
    private const int EntriesPerPage = PageSize / VhdxSpec.TableEntrySize;
    private const int MaxPageCount = 128;

    private readonly Dictionary<long, Page> _pages = [];
    private readonly object _gate = new();

    /// <summary>The entry at an index.</summary>
    public TableEntry this[long entryIndex]
    {
        get
        {
            lock (_gate)
            {
                return new TableEntry(BinaryPrimitives.ReadUInt64LittleEndian(Find(entryIndex).At(entryIndex)));
            }
        }

        set
        {
            lock (_gate)
            {
                Page page = Find(entryIndex);
                page.IsChanged = true;
                BinaryPrimitives.WriteUInt64LittleEndian(page.At(entryIndex), value.Value);
            }
        }
    }

    /// <summary>Writes what is not in the file yet.</summary>
    /// <exception cref="ImageIOException">The write failed.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            foreach ((long number, Page page) in _pages.Where(page => page.Value.IsChanged).OrderBy(page => page.Key))
            {
                file.WriteAt(tableOffset + (number * PageSize), page.Bytes);
            }

            _pages.Clear();
        }
    }

    private Page Find(long entryIndex)
    {
        long number = entryIndex / EntriesPerPage;
        if (!_pages.TryGetValue(number, out Page? page))
        {
            if (_pages.Count == MaxPageCount)
            {
                Flush();
            }

            page = new Page();
            file.ReadAt(tableOffset + (number * PageSize), page.Bytes);
            _pages.Add(number, page);
        }

        return page;
    }

    private sealed class Page
    {
        public byte[] Bytes { get; } = new byte[PageSize];

        public bool IsChanged { get; set; }

        public Span<byte> At(long entryIndex) =>
            Bytes.AsSpan((int)(entryIndex % EntriesPerPage) * VhdxSpec.TableEntrySize, VhdxSpec.TableEntrySize);
    }
}
