using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A footer that is added or taken off may be cut at any moment: the disk's bytes are there, and what is there is raw or a sound image.
/// </summary>
public sealed class InPlaceConversionCrashTests
{
    [Theory]
    [InlineData(512, CheckTarget.Any)]
    [InlineData(100_001, CheckTarget.Any)]
    [InlineData(1 << 20, CheckTarget.Any)]
    [InlineData(100_001, CheckTarget.Azure)]
    public void NoCutLosesAByteOfTheDisk(int length, CheckTarget target)
    {
        byte[] disk = new byte[length];
        new Random(length).NextBytes(disk);
        var recorder = new RecordingImageFile(new MemoryImageFile(disk));
        InPlaceConversion.ToFixed(recorder, target, force: false, Guid.NewGuid(), new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        byte[] image = new byte[recorder.Length];
        recorder.ReadAt(0, image);
        Assert.True(VerifyCuts(disk, recorder.Changes, disk) > 2);

        var shrinking = new RecordingImageFile(new MemoryImageFile(image));
        InPlaceConversion.ToRaw(shrinking, SizeRule.Auto, force: false);
        Assert.True(VerifyCuts(image, shrinking.Changes, disk) > 1);
    }

    private static int VerifyCuts(byte[] initial, IReadOnlyList<Change> changes, byte[] disk)
    {
        int cuts = 0;
        foreach (PowerCut.State state in new PowerCut(initial, changes).Enumerate(new Random(1), samples: 12))
        {
            cuts++;
            Assert.True(
                state.Bytes.Length >= disk.Length && state.Bytes.AsSpan(0, disk.Length).SequenceEqual(disk),
                $"cut after {state.ChangeCount} changes");
            if (state.Bytes.AsSpan(disk.Length).ContainsAnyExcept((byte)0))
            {
                CheckReport report = ImageChecker.Check(new MemoryImageFile(state.Bytes), new CheckOptions { Full = true });
                Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
            }
        }

        return cuts;
    }
}
