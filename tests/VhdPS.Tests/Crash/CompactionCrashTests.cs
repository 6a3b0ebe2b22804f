using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A compaction in place may be cut at any write: the image opens, a full check finds no error and the disk reads as before;
/// run again it comes to the same length.
/// </summary>
public sealed class CompactionCrashTests(ITestOutputHelper output)
{
    private static readonly int Cuts = LongRun.Count(36_000, 300_000);

    [Fact]
    public void NoCutOfACompactionLosesAnything()
    {
        int cuts = 0, runs = 0, moved = 0, dropped = 0, ordered = 0;
        for (int seed = 1; cuts < Cuts; seed++)
        {
            var random = new Random(seed);
            byte[] initial = Make(random);
            ulong[] values = ReadAll(initial);
            var recorder = new RecordingImageFile(new MemoryImageFile(initial));
            var options = new CompactionOptions
            {
                ReadsData = IsDynamic(initial),
                Orders = random.Next(2) == 0,
                RoundBytes = random.Next(4) == 0 ? new CompactionOptions().RoundBytes : random.Next(1, 20_000),
            };
            CompactionResult result = InPlaceCompaction.Run(recorder, options);
            moved += result.MovedBlockCount;
            dropped += result.DroppedBlockCount;
            ordered += options.Orders && result.MovedBlockCount > 0 ? 1 : 0;
            FooterOrder.Verify(initial, recorder.Changes, $"seed {seed}");
            runs++;
            foreach (PowerCut.State state in new PowerCut(initial, recorder.Changes).Enumerate(random, samples: 8))
            {
                cuts++;
                Verify(state, values, options, result, $"seed {seed}, cut after {state.ChangeCount} changes");
            }
        }

        Assert.True(
            LongRun.IsShort || (moved > 100 && dropped > 100 && ordered > 5),
            $"only {moved} blocks moved, {dropped} dropped and {ordered} images ordered");
        output.WriteLine($"{cuts} cuts of {runs} runs, {moved} blocks moved, {dropped} dropped, {ordered} images ordered");
    }

    private static void Verify(PowerCut.State state, ulong[] values, CompactionOptions options, CompactionResult result, string what)
    {
        try
        {
            VerifyImage(state.Bytes, values);
            var file = new MemoryImageFile(state.Bytes);
            RunAgain(file, options);
            VerifyImage(file.ToArray(), values);
            Assert.True(!options.Orders || IsOrdered(file), "the blocks are not in the order of the disk");
            Assert.True(file.Length <= result.FileLengthAfter, $"{file.Length} bytes left, and {result.FileLengthAfter} in one go");
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(what, error);
        }
    }

    /// <summary>Where the cut fell between the last bitmaps of a round and its old places, copies look like blocks without an entry;
    /// then it asks, and has changed nothing.</summary>
    private static void RunAgain(MemoryImageFile file, CompactionOptions options)
    {
        byte[] before = file.ToArray();
        try
        {
            InPlaceCompaction.Run(file.Reopen(), options);
        }
        catch (VhdOperationException error) when (error.Code == OperationError.LostBlocksPresent)
        {
            Assert.Equal(ReadAll(before), ReadAll(file.ToArray()));
            InPlaceCompaction.Run(file.Reopen(), options with { DropLostBlocks = true });
        }
    }

    private static void VerifyImage(byte[] bytes, ulong[] values)
    {
        CheckReport report = ImageChecker.Check(new MemoryImageFile(bytes), new CheckOptions { Full = true });
        Assert.True(
            report.IsValid,
            string.Join('\n', report.Findings.Select(finding => $"{finding.Severity} {finding.Code} {finding.Describe()}")));
        Assert.Equal(values, ReadAll(bytes));
    }

    private static ulong[] ReadAll(byte[] bytes)
    {
        using VhdImage image = VhdImage.Open(new MemoryImageFile(bytes));
        return CrashWorkload.ReadValues(image);
    }

    private static bool IsOrdered(MemoryImageFile file)
    {
        using VhdImage image = VhdImage.Open(file.Reopen());
        uint[] entries = [.. image.Map.Table!.Entries.ToArray().Where(entry => entry != VhdSpec.UnusedEntry)];
        return entries.SequenceEqual(entries.Order());
    }

    private static bool IsDynamic(byte[] bytes) => ImageLayout.Read(new MemoryImageFile(bytes)).VhdType == VhdType.Dynamic;

    private static byte[] Make(Random random)
    {
        int count = random.Next(1, 30), blockSize = 512 << random.Next(4);
        long size = ((long)count * blockSize) - (random.Next(blockSize / 512) * 512);
        ImageBytes image = random.Next(3) == 0 ? ImageBytes.Differencing(size, blockSize) : ImageBytes.Dynamic(size, blockSize);
        int spacing = random.Next(3);
        foreach (int blockIndex in Enumerable.Range(0, count).OrderBy(_ => random.Next()).Where(_ => random.Next(4) != 0))
        {
            // Blocks side by side, with small gaps between, or with gaps that hold a block.
            image.Insert(new byte[spacing * random.Next(9) * 512]);
            bool isZero = random.Next(3) == 0;
            image.AddBlock(
                blockIndex, isZero ? (byte)0 : (byte)random.Next(1, 255),
                isZero ? [0] : random.Next(2) == 0 ? null : [(byte)random.Next(256)]);
        }

        image.Insert(new byte[random.Next(5) * 512]);
        return image.Bytes;
    }
}
