using System.Security.Cryptography;
using System.Text;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Crash;

/// <summary>
/// Random writes, zeros, discards and flushes on images of every kind: what is read at the end is what was written, a full check finds
/// no error, and each write and sync, in its order, is that of a golden file, workloads.txt.
/// </summary>
public sealed class WorkloadWritesTests
{
    private const int Runs = 600;

    [Fact]
    public void Work_is_done_by_the_writes_that_were_agreed_on()
    {
        var golden = new GoldenFile("Crash", "workloads.txt");
        using var folder = new TempFolder();
        string parent = folder.Write("parent.vhd", CrashImages.MakeEmptyParent());
        for (int seed = 1; seed <= Runs; seed++)
        {
            var random = new Random(seed);
            (string kind, byte[] initial) = CrashImages.Make(random);
            string? emptyParent = kind == CrashImages.ChildOfEmptyParent ? parent : null;
            var workload = CrashWorkload.Run(initial, random, steps: 30, emptyParent);
            AssertDone($"seed {seed} ({kind})", workload, emptyParent);
            golden.Add(
                $"{seed} {kind}: {workload.Recorder.Changes.Count} changes {Digest(workload.Recorder.Changes)}, "
                + $"{workload.Recorder.Length} bytes");
        }

        golden.End();
    }

    private static void AssertDone(string what, CrashWorkload workload, string? emptyParent)
    {
        CheckReport report = ImageChecker.Check(new WritableNonOwningImageFile(workload.Recorder), new CheckOptions { Full = true });
        Assert.True(report.IsValid, $"{what}: {string.Join('\n', report.Findings.Select(finding => finding.Describe()))}");
        using VhdImage image = VhdImage.Open(new WritableNonOwningImageFile(workload.Recorder), CrashWorkload.OptionsFor(emptyParent));
        ulong[] values = CrashWorkload.ReadValues(image, emptyParent is not null);
        for (int sector = 0; sector < values.Length; sector++)
        {
            Assert.True(values[sector] == workload.Model.Latest[sector], $"{what}: sector {sector} reads {values[sector]:X}");
        }
    }

    private static string Digest(IReadOnlyList<Change> changes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Change change in changes)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{change.Kind} {change.FileOffset} {change.Data.Length}\n"));
            hash.AppendData(change.Data);
        }

        return System.Convert.ToHexString(hash.GetHashAndReset())[..12];
    }
}
