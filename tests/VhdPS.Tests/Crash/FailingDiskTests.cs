using VhdPS.Tests.Peers;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>A real process on a real file system whose disk stops taking writes: it says so, and nothing is lost.</summary>
public sealed class FailingDiskTests(ITestOutputHelper output)
{
    private static readonly string[] Usual = ["merge", "convert-delete", "optimize", "write"];

    public static TheoryData<string> Verbs =>
        [.. WritingVerb.All.Select(verb => verb.Name).Where(name => LongRun.IsOn || Usual.Contains(name))];

    [RootTheory(PeerPrograms.NbdKit, PeerPrograms.NbdFuse, PeerPrograms.E2fsck, "losetup", "fusermount3")]
    [MemberData(nameof(Verbs))]
    public void AVerbOnADiskThatFailsEndsWithAnErrorAndLosesNothing(string name)
    {
        WritingVerb verb = WritingVerb.Find(name);
        using var disk = new FailingDisk();
        string well = Directory.CreateDirectory(Path.Combine(disk.Folder, "well")).FullName;
        string failing = Directory.CreateDirectory(Path.Combine(disk.Folder, "failing")).FullName;
        verb.Prepare(well);
        verb.Prepare(failing);
        PeerResult result = Run(verb, well);
        Assert.True(result.ExitCode == 0, result.ToString());
        verb.AssertKept(well);

        disk.Fail();
        result = Run(verb, failing);
        output.WriteLine(result.ToString());
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.True(File.Exists(Path.Combine(failing, verb.Kept[0])), $"{verb.Kept[0]} was deleted");
        disk.Recover();
        Assert.True(File.Exists(Path.Combine(failing, verb.Kept[0])), $"{verb.Kept[0]} is gone");
        verb.AssertKept(failing);
        verb.AssertKept(well);
    }

    private static PeerResult Run(WritingVerb verb, string folder) =>
        PeerProcess.TryRun(WriterProcess.Command[0], [.. WriterProcess.Command[1..], "change", verb.Name, folder]);
}
