using System.Text.RegularExpressions;
using VhdPS.Tests.Peers;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A real process whose syncs fail: strace lets fsync return an error without calling the system. .NET's own flush takes
/// that for success on Linux, so that only this shows that it is not used.
/// </summary>
public sealed partial class InjectedSyncTests(ITestOutputHelper output)
{
    public static TheoryData<string> Verbs => [.. WritingVerb.All.Select(verb => verb.Name)];

    [PeerTheory(PeerPrograms.Strace)]
    [MemberData(nameof(Verbs))]
    public void NoVerbTakesAFailedSyncForSuccess(string name)
    {
        WritingVerb verb = WritingVerb.Find(name);
        int syncs = Sync(verb, "EINTR:when=1").Syncs - 1;
        Assert.True(syncs > 0, $"{name} syncs nothing");
        int tried = LongRun.Count(1, syncs);
        IEnumerable<string> single = Enumerable.Range(syncs - tried + 1, tried)
            .Select(number => $"{(number % 2 == 0 ? "EIO" : "ENOSPC")}:when={number}");
        foreach (string error in single.Prepend("EIO"))
        {
            (int exitCode, _, string said, TempFolder folder) = Run(verb, error);
            using (folder)
            {
                Assert.True(exitCode == 1, $"{name}, fsync with {error}: exit code {exitCode}, {said}");
                Assert.Contains("sync", said, StringComparison.Ordinal);
                verb.AssertKept(folder.Root);
                if (error == "EIO")
                {
                    // Nothing was ever known to be on the medium: all that held the disk is there still.
                    Assert.True(File.Exists(folder[verb.Kept[0]]), $"{name}: {verb.Kept[0]} was deleted");
                }

                Assert.Empty(Directory.GetFiles(folder.Root, ".vhdps-*"));
            }
        }

        output.WriteLine($"{name}: {syncs} syncs, {tried} of them failed one by one");
    }

    /// <summary>A sync that a signal interrupts is called again.</summary>
    private static (int ExitCode, int Syncs) Sync(WritingVerb verb, string error)
    {
        (int exitCode, int syncs, string said, TempFolder folder) = Run(verb, error);
        using (folder)
        {
            Assert.True(exitCode == 0, $"{verb.Name}, fsync with {error}: exit code {exitCode}, {said}");
            verb.AssertKept(folder.Root);
            return (exitCode, syncs);
        }
    }

    private static (int ExitCode, int Syncs, string Said, TempFolder Folder) Run(WritingVerb verb, string error)
    {
        var folder = new TempFolder();
        verb.Prepare(folder.Root);
        using var log = new TempFolder();
        PeerResult result = PeerProcess.TryRun(
            PeerPrograms.Strace,
            ["-f", "-qq", "--seccomp-bpf", "-o", log["log"], "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:error={error}",
            .. WriterProcess.Command, "change", verb.Name, folder.Root]);
        return (result.ExitCode, SyncCall().Count(File.ReadAllText(log["log"])), result.Output + result.Error, folder);
    }

    [GeneratedRegex(@"f(data)?sync\(")]
    private static partial Regex SyncCall();
}
