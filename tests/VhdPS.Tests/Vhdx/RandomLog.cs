using System.Buffers.Binary;
using VhdPS.Tests.Files;

using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

/// <summary>A file with blocks whose log has random valid entries, and what it is to become.</summary>
internal static class RandomLog
{
    /// <summary>The same for a seed every time.</summary>
    /// <param name="seed">What the file is made of.</param>
    /// <param name="hasOldEntries">Whether the tail leaves out entries, which some readers replay all the same.</param>
    public static (VhdxBytes Dirty, MemoryImageFile Replayed) Make(int seed, bool hasOldEntries = true)
    {
        var random = new Random(seed);
        var image = new VhdxBytes(12 * MiB);
        long[] blocks = [.. Enumerable.Range(0, 4).Select(block => image.AddBlock(block * 2, Noise(random, (int)MiB)))];
        var log = new LogBytes(image, start: random.Next(256) * 4096, firstNumber: (ulong)random.Next(1, 1000));
        int count = random.Next(1, 12), oldCount = hasOldEntries ? random.Next(count) : 0;
        var changes = new List<LogChange>();
        for (int i = 0; i < count; i++)
        {
            LogChange[] entry = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Change(random, image, blocks))];
            log.Tail = i <= oldCount ? log.Position : log.Tail;
            log.Add(entry);
            changes.AddRange(i < oldCount ? [] : entry);
        }

        log.MarkDirty();
        MemoryImageFile replayed = image.File.Copy();
        foreach (LogChange change in changes)
        {
            replayed.WriteAt(change.FileOffset, change.Data ?? new byte[change.ZeroLength]);
        }

        return (image, replayed);
    }

    public static byte[] Noise(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A change of the table's first sector that keeps it one of blocks in the file, or of any block's data.</summary>
    private static LogChange Change(Random random, VhdxBytes image, long[] blocks)
    {
        if (random.Next(3) == 0)
        {
            (int, int, long)[] entries = [.. Enumerable.Range(0, (int)image.BlockCount).Select(block =>
                random.Next(3) == 0 ? (block, 2 * random.Next(2), 0L) : (block, 6, blocks[block % 4]))];
            return new LogChange(TableOffset, TableSector(entries));
        }

        long at = blocks[random.Next(4)] + (random.Next(256) * 4096);
        long rest = image.File.Length - at;
        return random.Next(2) == 0
            ? new LogChange(at, Noise(random, 4096))
            : new LogChange(at, null, Math.Min(rest, random.Next(1, 9) * 4096));
    }

    internal static byte[] TableSector(params (int Entry, int State, long FileOffset)[] entries)
    {
        byte[] sector = new byte[4096];
        foreach ((int entry, int state, long fileOffset) in entries)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(sector.AsSpan(entry * 8), (ulong)fileOffset | (uint)state);
        }

        return sector;
    }
}
