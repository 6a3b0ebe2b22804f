namespace VhdPS.Bench.Compare;

/// <summary>
/// Offsets that jump over a disk and meet each place once before any twice: what <c>qemu-img bench</c> does when it is
/// given a step, so that both sides do the very same requests.
/// </summary>
/// <param name="First">The first offset in bytes.</param>
/// <param name="Step">Bytes from one to the next; with the disk's size it must share no factor but the request's size.</param>
/// <param name="DiskBytes">Where the offsets wrap around.</param>
/// <param name="Count">How many there are.</param>
internal sealed record Stride(long First, long Step, long DiskBytes, int Count)
{
    public const int RequestBytes = 4096;
    private const double GoldenRatio = 0.6180339887498949;

    /// <summary>Scattered places of 4 KiB each; the disk is a power of two of bytes.</summary>
    public static Stride OverPages(long diskBytes, int count) =>
        new(0, (((long)(diskBytes / RequestBytes * GoldenRatio)) | 1) * RequestBytes, diskBytes, count);

    public long Next(long offset) => (offset + Step) % DiskBytes;
}
