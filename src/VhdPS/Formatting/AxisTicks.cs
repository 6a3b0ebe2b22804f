namespace VhdPS;

/// <summary>Places of the marks on an axis of bytes: multiples of a power of two, so that their labels are short in binary units.</summary>
internal static class AxisTicks
{
    private const int MostSteps = 6;

    /// <summary>From 0 on, at most seven, none past <paramref name="size"/>.</summary>
    /// <param name="size">Bytes that the axis is long, at least 0.</param>
    public static IEnumerable<long> Of(long size)
    {
        long step = 1;
        while (size / step > MostSteps)
        {
            step *= 2;
        }

        for (long i = 0; i <= size / step; i++)
        {
            yield return i * step;
        }
    }
}
