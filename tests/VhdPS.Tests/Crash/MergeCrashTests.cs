using VhdPS.Engine.Checking;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A merge into the parent may be cut at any write of the parent: the parent opens and checks clean, the child over it reads
/// as before, and the merge run again makes the parent what the child was.
/// </summary>
public sealed class MergeCrashTests(ITestOutputHelper output)
{
    private static readonly int Cuts = LongRun.Count(15_000, 200_000);

    [Fact]
    public void NoCutOfAMergeChangesWhatTheChildReads()
    {
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int cuts = 0, runs = 0;
        for (int seed = 1; cuts < Cuts; seed++)
        {
            var random = new Random(seed);
            (string kind, byte[] parent) = ResizeImages.Make(random);
            if (kind == "fixed, file too long")
            {
                continue;
            }

            byte[] child = MakeChild(random, Count(parent));
            ulong[] expected = ReadOver(child, parent);
            var recorder = new RecordingImageFile(new MemoryImageFile(parent));
            MergeOperation.MergeIntoParent(new MemoryImageFile(child, "child.vhd"), recorder);

            // The child is deleted next.
            Assert.True(recorder.Changes.Count == 0 || recorder.Changes[^1].Kind == ChangeKind.Flush);
            runs++;
            foreach (PowerCut.State state in new PowerCut(parent, recorder.Changes).Enumerate(random, samples: 12))
            {
                cuts++;
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                Verify(child, state, expected, $"seed {seed} ({kind}), cut after {state.ChangeCount} changes");
            }
        }

        output.WriteLine($"{cuts} cuts of {runs} runs: {string.Join(", ", kinds.Select(pair => $"{pair.Key} {pair.Value}"))}");
    }

    private static void Verify(byte[] child, PowerCut.State state, ulong[] expected, string what)
    {
        try
        {
            AssertValid(state.Bytes);
            Assert.Equal(expected, ReadOver(child, state.Bytes));
            var parent = new MemoryImageFile(state.Bytes);
            MergeOperation.MergeIntoParent(new MemoryImageFile(child, "child.vhd"), parent.Reopen());
            byte[] merged = parent.ToArray();
            AssertValid(merged);
            using VhdImage image = VhdImage.Open(new MemoryImageFile(merged));
            Assert.Equal(expected, CrashWorkload.ReadValues(image)[..expected.Length]);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(what, error);
        }
    }

    private static void AssertValid(byte[] bytes)
    {
        CheckReport report = ImageChecker.Check(new MemoryImageFile(bytes), new CheckOptions { Full = true });
        Assert.True(
            report.IsValid,
            string.Join('\n', report.Findings.Select(finding => $"{finding.Severity} {finding.Code} {finding.Describe()}")));
    }

    private static int Count(byte[] bytes) => (int)ImageLayout.Read(new MemoryImageFile(bytes)).SectorCount;

    private static byte[] MakeChild(Random random, int sectorCount)
    {
        int blockSize = 512 << random.Next(4);
        ImageBytes image = ImageBytes.Differencing(Math.Max(1, sectorCount - random.Next(3)) * 512L, blockSize);
        int blockCount = ((sectorCount * 512) + blockSize - 1) / blockSize;
        foreach (int blockIndex in Enumerable.Range(0, blockCount).OrderBy(_ => random.Next()).Take(random.Next(1, 12)))
        {
            if ((long)blockIndex * blockSize < ImageLayout.Read(image.ToFile()).SectorCount * 512)
            {
                image.AddBlock(blockIndex, random.Next(5) == 0 ? (byte)0 : (byte)random.Next(1, 255), [(byte)random.Next(256)]);
            }
        }

        return image.Bytes;
    }

    private static ulong[] ReadOver(byte[] child, byte[] parent)
    {
        using VhdImage below = VhdImage.Open(new MemoryImageFile(parent));
        using VhdImage above = VhdImage.Open(new MemoryImageFile(child));
        ulong[] values = CrashWorkload.ReadValues(above), parents = CrashWorkload.ReadValues(below);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = values[i] == DiskModel.FromParent ? i < parents.Length ? parents[i] : 0 : values[i];
        }

        return values;
    }
}
