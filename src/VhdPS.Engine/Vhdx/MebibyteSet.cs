using System.Numerics;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Which MiB of a file are taken: one bit each, 8 KiB for 64 GiB of the file, and only where anything is taken. Of a file of
/// 128 TiB at most 16 MiB. What lies after that is not kept.
/// </summary>
internal sealed class MebibyteSet
{
    private const int PageWords = 1024;
    private const int PageBits = PageWords * 64;

    private readonly ulong[]?[] _pages = new ulong[VhdxSpec.MaxCheckedFileLength / VhdxSpec.Mebibyte / PageBits][];

    /// <summary>MiB that are taken.</summary>
    public long Count { get; private set; }

    /// <summary>Takes a range of MiB.</summary>
    /// <param name="start">The first.</param>
    /// <param name="count">How many.</param>
    /// <returns>The first that was taken before; -1 where none was.</returns>
    public long Take(long start, long count)
    {
        long firstTaken = -1;
        long end = Math.Min(start + count, (long)_pages.Length * PageBits);
        for (long at = start; at < end;)
        {
            int bit = (int)(at & 63);
            int length = (int)Math.Min(64 - bit, end - at);
            ulong mask = (length == 64 ? ulong.MaxValue : (1UL << length) - 1) << bit;
            ulong[] page = _pages[at / PageBits] ??= new ulong[PageWords];
            ref ulong word = ref page[at % PageBits / 64];
            ulong taken = word & mask;
            if (taken != 0 && firstTaken < 0)
            {
                firstTaken = at - bit + BitOperations.TrailingZeroCount(taken);
            }

            Count += length - BitOperations.PopCount(taken);
            word |= mask;
            at += length;
        }

        return firstTaken;
    }
}
