using VhdPS.Engine.Storage;
using VhdPS.Tests.Storage;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// The promise of the write order: wherever the power goes, the image opens, a full check finds no error, what a returned
/// flush promised reads back, and every other sector reads as what it was or what was being written.
/// </summary>
public sealed class CrashProofTests(ITestOutputHelper output)
{
    private static readonly int Cuts = LongRun.Count(60_000, 1_000_000);

    [Fact]
    public void NoCutLosesWhatAFlushPromised()
    {
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int cuts = 0, runs = 0;
        for (int seed = 1; cuts < Cuts; seed++)
        {
            var random = new Random(seed);
            (string kind, byte[] initial) = CrashImages.Make(random);
            var workload = CrashWorkload.Run(initial, random, steps: random.Next(4, 24));
            runs++;
            foreach (PowerCut.State state in new PowerCut(initial, workload.Recorder.Changes).Enumerate(random, samples: 12))
            {
                cuts++;
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                Verify(workload.Model, state, $"seed {seed} ({kind}), cut after {state.ChangeCount} changes");
            }
        }

        output.WriteLine($"{cuts} cuts of {runs} runs: {string.Join(", ", kinds.Select(pair => $"{pair.Key} {pair.Value}"))}");
    }

    private static void Verify(DiskModel model, PowerCut.State state, string what)
    {
        try
        {
            var file = new MemoryImageFile(state.Bytes);
            CheckReport report = ImageChecker.Check(file, new CheckOptions { Full = true });
            Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => $"{finding.Severity} {finding.Code} {finding.Describe()}")));
            using VhdImage image = VhdImage.Open(file);
            ulong[] values = CrashWorkload.ReadValues(image);
            for (int sector = 0; sector < values.Length; sector++)
            {
                if (!model.Allows(state.ChangeCount, sector, values[sector]))
                {
                    Assert.Fail($"sector {sector} reads {values[sector]:X}, a flush promised {model.PromisedAt(state.ChangeCount, sector):X}");
                }
            }
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(what, error);
        }
    }
}
