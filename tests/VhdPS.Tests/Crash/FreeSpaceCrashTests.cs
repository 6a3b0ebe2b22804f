using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using VhdPS.Tests.Partitions;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A compaction in place that drops free clusters may be cut at any write: every sector that a file or the file system has reads as
/// before, a free one as before or as zeros, and run again it comes to the same length.
/// </summary>
public sealed class FreeSpaceCrashTests(ITestOutputHelper output)
{
    private const int BlockSize = 64 * 1024;

    private static readonly int Runs = LongRun.Count(2, 30);

    [Fact]
    public void No_cut_loses_anything_but_free_clusters()
    {
        int cuts = 0, dropped = 0, moved = 0, early = 0;
        for (int seed = 1; seed <= Runs; seed++)
        {
            var random = new Random(seed);
            byte[] disk = FatBytes.Make(random, out bool[] isFree);
            byte[] initial = Make(disk, random);
            var recorder = new RecordingImageFile(new MemoryImageFile(initial));
            var options = new CompactionOptions { ReadsData = seed % 2 == 0, ClearsFreeSpace = true };
            CompactionResult result = InPlaceCompaction.Run(recorder, options);
            PartitionFreeSpace partition = Assert.Single(result.FreeSpace);
            Assert.Equal(
                (FreeSpaceVerdict.Known, isFree.Count(free => free) * 512L), (partition.Verdict, partition.FreeBytes));
            dropped += result.DroppedBlockCount;
            moved += result.MovedBlockCount;
            FooterOrder.Verify(initial, recorder.Changes, $"seed {seed}");
            foreach (PowerCut.State state in new PowerCut(initial, recorder.Changes).Enumerate(random, samples: 6))
            {
                // Every point of time, and of the many states of each some.
                if (random.Next(8) != 0)
                {
                    continue;
                }

                cuts++;
                early += Verify(state, disk, isFree, options, result, $"seed {seed}, cut after {state.ChangeCount} changes") ? 1 : 0;
            }
        }

        Assert.True(dropped > 10 && moved > 5 && early > 0 && cuts - early > 100, $"{dropped} dropped, {moved} moved, {early} of {cuts}");
        output.WriteLine($"{cuts} cuts of {Runs} runs, {early} before a block was dropped; {dropped} blocks dropped, {moved} moved");
    }

    /// <returns>Whether no block was dropped yet.</returns>
    private static bool Verify(
        PowerCut.State state, byte[] disk, bool[] isFree, CompactionOptions options, CompactionResult result, string what)
    {
        try
        {
            int zeros = VerifyImage(state.Bytes, disk, isFree);
            var file = new MemoryImageFile(state.Bytes);
            try
            {
                InPlaceCompaction.Run(file.Reopen(), options);
            }
            catch (VhdOperationException error) when (error.Code == OperationError.LostBlocksPresent)
            {
                // What was just dropped or moved looks like a block whose entry was lost.
                InPlaceCompaction.Run(file.Reopen(), options with { DropLostBlocks = true });
            }

            Assert.True(VerifyImage(file.ToArray(), disk, isFree) > 0);
            Assert.Equal(result.FileLengthAfter, file.Length);
            return zeros == 0;
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(what, error);
        }
    }

    /// <returns>Free sectors that are zeros.</returns>
    private static int VerifyImage(byte[] bytes, byte[] disk, bool[] isFree)
    {
        CheckReport report = ImageChecker.Check(new MemoryImageFile(bytes), new CheckOptions { Full = true });
        Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
        byte[] read = new byte[disk.Length];
        using (VhdImage image = VhdImage.Open(new MemoryImageFile(bytes)))
        {
            image.ReadSectors(0, read);
        }

        int zeros = 0;
        for (int sector = 0; sector < isFree.Length; sector++)
        {
            ReadOnlySpan<byte> now = read.AsSpan(sector * 512, 512);
            bool isZero = isFree[sector] && now.IndexOfAnyExcept((byte)0) < 0;
            Assert.True(isZero || now.SequenceEqual(disk.AsSpan(sector * 512, 512)), $"sector {sector} is lost");
            zeros += isZero ? 1 : 0;
        }

        return zeros;
    }

    /// <summary>An image with the blocks of a disk in a random order.</summary>
    private static byte[] Make(byte[] disk, Random random)
    {
        var file = new MemoryImageFile(ImageBytes.Dynamic(disk.Length, BlockSize).Bytes);
        using (VhdImage image = VhdImage.Open(file.Reopen(), new() { ForWriting = true }))
        {
            int[] blocks = [.. Enumerable.Range(0, (disk.Length + BlockSize - 1) / BlockSize)];
            random.Shuffle(blocks);
            foreach (int block in blocks)
            {
                int at = block * BlockSize;
                image.WriteSectors(at / 512, disk.AsSpan(at, Math.Min(BlockSize, disk.Length - at)));
            }
        }

        return file.ToArray();
    }
}
