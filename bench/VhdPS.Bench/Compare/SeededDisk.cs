using System.Runtime.InteropServices;

namespace VhdPS.Bench.Compare;

/// <summary>The bytes of a disk, made from a seed: random, no two chunks alike, the same in every run.</summary>
/// <param name="Fill">How much of it has data.</param>
/// <param name="SizeBytes">The disk's size, a multiple of 1 MiB.</param>
internal sealed record SeededDisk(DiskFill Fill, long SizeBytes)
{
    private const int PageBytes = 4096;
    private const int ChunkPages = BenchData.ChunkBytes / PageBytes;
    private const int LeastRunPages = 16;
    private const int GapFactor = 3;
    private const ulong GoldenRatio = 0x9E3779B97F4A7C15;

    /// <summary>Hands out the runs of data in ascending order, each at most 1 MiB; a buffer holds until the next.</summary>
    public void Write(Action<long, byte[], int> write)
    {
        byte[] seed = BenchData.RandomBytes(BenchData.ChunkBytes);
        byte[] run = new byte[BenchData.ChunkBytes];
        foreach ((long offset, int length) in Runs())
        {
            ulong key = (ulong)(offset + 1) * GoldenRatio;
            ReadOnlySpan<ulong> from = MemoryMarshal.Cast<byte, ulong>(seed);
            Span<ulong> to = MemoryMarshal.Cast<byte, ulong>(run.AsSpan(0, length));
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = from[i] ^ key;
            }

            write(offset, run, length);
        }
    }

    private IEnumerable<(long Offset, int Length)> Runs()
    {
        var random = new Random(BenchData.Seed);
        for (long offset = 0; offset < SizeBytes;)
        {
            long run = Fill == DiskFill.Full ? BenchData.ChunkBytes : random.Next(LeastRunPages, ChunkPages + 1) * PageBytes;
            long length = Math.Min(run, SizeBytes - offset);
            yield return (offset, (int)length);
            offset += Fill == DiskFill.Full
                ? length
                : length + (random.Next(LeastRunPages * GapFactor, (ChunkPages * GapFactor) + 1) * PageBytes);
        }
    }
}
