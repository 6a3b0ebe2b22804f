using VhdPS.Engine.Format;

namespace VhdPS.Engine.Pages;

/// <summary>
/// Where a blob holds pages, a bit for each MiB, so that its memory depends on the blob's length alone: 1 MiB of it for a
/// blob of 8 TiB. A set bit means that there may be pages.
/// </summary>
internal sealed class PageMap
{
    /// <summary>Bytes of the blob that a bit stands for.</summary>
    public const int GranuleBytes = 1024 * 1024;

    private readonly ulong[] _bits;
    private readonly long _length;

    /// <summary>A map without pages.</summary>
    public PageMap(long length)
    {
        _length = length;
        _bits = new ulong[(VhdSpec.RoundUp(length, GranuleBytes) / GranuleBytes / 64) + 1];
    }

    /// <summary>Lists the pages of a blob.</summary>
    public static PageMap Read(PageBlob blob, long length, TransferRetry retry, CancellationToken cancellation)
    {
        var map = new PageMap(length);
        foreach (PageRange range in PageList.Read(blob, length, since: null, retry, cancellation))
        {
            map.Add(range.Offset, range.End);
        }

        return map;
    }

    /// <summary>Notes that pages are in a range.</summary>
    public void Add(long offset, long end)
    {
        for (long granule = offset / GranuleBytes; granule * GranuleBytes < Math.Min(end, _length); granule++)
        {
            _bits[granule / 64] |= 1UL << (int)(granule % 64);
        }
    }

    /// <summary>The part of a range from its first granule that may hold pages to its last; false where none may.</summary>
    public bool TryNarrow(long offset, long end, out long first, out long last)
    {
        first = last = offset;
        end = Math.Min(end, _length);
        bool isAny = false;
        for (long granule = offset / GranuleBytes; granule * GranuleBytes < end;)
        {
            ulong word = _bits[granule / 64] >> (int)(granule % 64);
            if (word == 0)
            {
                granule = ((granule / 64) + 1) * 64;
                continue;
            }

            granule += System.Numerics.BitOperations.TrailingZeroCount(word);
            if (granule * GranuleBytes >= end)
            {
                break;
            }

            first = isAny ? first : Math.Max(offset, granule * GranuleBytes);
            last = Math.Min(end, (granule + 1) * GranuleBytes);
            isAny = true;
            granule++;
        }

        return isAny;
    }

    /// <summary>The next stretch at or past <paramref name="offset"/> that may hold pages.</summary>
    public bool TryFind(long offset, out long start, out long end)
    {
        start = end = _length;
        for (long granule = offset / GranuleBytes; granule * GranuleBytes < _length;)
        {
            ulong word = _bits[granule / 64] >> (int)(granule % 64);
            if (word == 0)
            {
                granule = ((granule / 64) + 1) * 64;
                continue;
            }

            granule += System.Numerics.BitOperations.TrailingZeroCount(word);
            start = Math.Max(offset, granule * GranuleBytes);
            while (granule * GranuleBytes < _length && (_bits[granule / 64] >> (int)(granule % 64) & 1) != 0)
            {
                granule++;
            }

            end = Math.Min(_length, granule * GranuleBytes);
            return start < end;
        }

        return false;
    }
}
