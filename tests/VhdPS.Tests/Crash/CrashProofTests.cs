using VhdPS.Engine.Checking;
using VhdPS.Engine.Images;
using VhdPS.Tests.Files;
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
        using var folder = new TempFolder();
        string parent = folder["parent.vhd"];
        File.WriteAllBytes(parent, CrashImages.MakeEmptyParent());
        int cuts = 0, runs = 0, repairs = 0;
        for (int seed = 1; cuts < Cuts; seed++)
        {
            var random = new Random(seed);
            (string kind, byte[] initial) = CrashImages.Make(random);
            string? emptyParent = kind == CrashImages.ChildOfEmptyParent ? parent : null;
            var workload = CrashWorkload.Run(initial, random, steps: random.Next(4, 24), emptyParent);
            runs++;
            foreach (PowerCut.State state in new PowerCut(initial, workload.Recorder.Changes).Enumerate(random, samples: 12))
            {
                cuts++;
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                string what = $"seed {seed} ({kind}), cut after {state.ChangeCount} changes";
                Verify(workload.Model, state, what, emptyParent);
                if (cuts % 50 == 0)
                {
                    repairs++;
                    VerifyRepair(workload.Model, state, what, emptyParent);
                }
            }
        }

        string all = string.Join(", ", kinds.Select(pair => $"{pair.Key} {pair.Value}"));
        output.WriteLine($"{cuts} cuts of {runs} runs, {repairs} repaired and written on: {all}");
    }

    private static void Verify(DiskModel model, PowerCut.State state, string what, string? emptyParent)
    {
        try
        {
            var file = new MemoryImageFile(state.Bytes);
            CheckReport report = ImageChecker.Check(file, new CheckOptions { Full = true });
            Assert.True(
                report.IsValid,
                string.Join('\n', report.Findings.Select(finding => $"{finding.Severity} {finding.Code} {finding.Describe()}")));
            using VhdImage image = VhdImage.Open(file);
            ulong[] values = CrashWorkload.ReadValues(image, emptyParent is not null);
            for (int sector = 0; sector < values.Length; sector++)
            {
                if (!model.Allows(state.ChangeCount, sector, values[sector]))
                {
                    Assert.Fail(
                        $"sector {sector} reads {values[sector]:X}, a flush promised {model.PromisedAt(state.ChangeCount, sector):X}");
                }
            }
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(what, error);
        }
    }

    /// <summary>After a repair nothing but hidden data is left to warn of, and the image takes writes again.</summary>
    private static void VerifyRepair(DiskModel model, PowerCut.State state, string what, string? emptyParent)
    {
        using var file = new MemoryImageFile(state.Bytes);
        CutRepair.Run(file);
        Verify(model, state with { Bytes = file.ToArray() }, what + ", repaired", emptyParent);
        CheckReport report = ImageChecker.Check(file);
        Assert.True(
            report.WarningCount == 0, $"{what}, repaired: {string.Join('\n', report.Findings.Select(finding => finding.Describe()))}");
        CrashWorkload onwards = CrashWorkload.Run(file.ToArray(), new Random(state.ChangeCount), steps: 8, emptyParent);
        foreach (PowerCut.State later in new PowerCut(onwards.Initial, onwards.Recorder.Changes)
            .Enumerate(new Random(7), samples: 4).Take(60))
        {
            Verify(onwards.Model, later, what + ", repaired, written on and cut again", emptyParent);
        }
    }
}
