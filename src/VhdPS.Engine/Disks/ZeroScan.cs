namespace VhdPS.Engine.Disks;

/// <summary>Finds what is not zero in a buffer, in runs that are worth a write each.</summary>
internal static class ZeroScan
{
    private const int PageSize = 4096;
    private const int MergedZeros = 32 * 1024;

    /// <summary>
    /// The next run from <paramref name="from"/> on that is not zeros: whole pages of 4 KiB, counted from the buffer's start,
    /// with shorter stretches of zeros inside.
    /// </summary>
    /// <returns>False where only zeros follow.</returns>
    public static bool TryFindData(ReadOnlySpan<byte> bytes, int from, out int start, out int end) =>
        TryFindData(bytes, from, MergedZeros, out start, out end);

    /// <summary>The same with stretches of zeros inside that are shorter than <paramref name="mergedZeros"/>.</summary>
    public static bool TryFindData(ReadOnlySpan<byte> bytes, int from, int mergedZeros, out int start, out int end)
    {
        int first = bytes[from..].IndexOfAnyExcept((byte)0);
        if (first < 0)
        {
            start = end = bytes.Length;
            return false;
        }

        start = Math.Max(from, PageStart(from + first));
        end = PageEnd(from + first, bytes.Length);
        while (end < bytes.Length)
        {
            ReadOnlySpan<byte> ahead = bytes.Slice(end, Math.Min(mergedZeros, bytes.Length - end));
            int next = ahead.IndexOfAnyExcept((byte)0);
            if (next < 0)
            {
                break;
            }

            end = PageEnd(end + next, bytes.Length);
        }

        return true;
    }

    private static int PageStart(int at) => at - (at % PageSize);

    private static int PageEnd(int at, int length) => Math.Min(length, PageStart(at) + PageSize);
}
