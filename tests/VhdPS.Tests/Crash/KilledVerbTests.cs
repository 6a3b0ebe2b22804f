using System.Text.RegularExpressions;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Peers;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A real process that changes images is killed at one of the calls with which it changes files, by strace, so that none ends
/// before. The disk is there, and the same change goes on from what is left.
/// </summary>
public sealed partial class KilledVerbTests(ITestOutputHelper output)
{
    private const string Calls = "pwrite64,pwritev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,unlink,unlinkat";

    private static readonly string[] InPlace =
    [
        "write", "write-child", "write-fixed", "merge", "merge-two", "optimize-in-place", "order-in-place", "resize", "resize-fixed",
        "resize-child", "set-id", "set-parent", "repair", "undo", "to-fixed-in-place", "to-raw-in-place",
    ];

    private static readonly int Kills = LongRun.Count(3, 200);

    public static TheoryData<string> Verbs => [.. InPlace];

    [PeerTheory(PeerPrograms.Strace)]
    [MemberData(nameof(Verbs))]
    public void AKilledChangeLosesNothingAndGoesOn(string name)
    {
        WritingVerb verb = WritingVerb.Find(name);
        (string Thread, string Call)[] calls;
        using (TempFolder whole = new(), log = new())
        {
            verb.Prepare(whole.Root);
            PeerResult result = Trace(verb, whole, log["log"], $"trace={Calls}");
            Assert.True(result.ExitCode == 0, result.ToString());
            calls = [.. Call().Matches(File.ReadAllText(log["log"])).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];
        }

        var random = new Random(name.Length);
        for (int kill = 0; kill < Kills; kill++)
        {
            // strace counts each call by itself, and each thread's.
            int number = kill == 0 ? calls.Length : random.Next(1, calls.Length + 1);
            string call = calls[number - 1].Call;
            int occurrence = calls.Take(number).Count(calls[number - 1].Equals);
            using TempFolder folder = new(), log = new();
            verb.Prepare(folder.Root);
            PeerResult result = Trace(verb, folder, log["log"], $"inject={call}:signal=SIGKILL:when={occurrence}");
            Assert.True(result.ExitCode != 0, $"{name}: not killed at call {number} of {calls.Length}");
            try
            {
                verb.AssertKept(folder.Root);
                GoOn(verb, folder.Root);
                verb.AssertKept(folder.Root);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"{name}, killed at call {number} of {calls.Length}", error);
            }
        }

        output.WriteLine($"{name}: {Kills} kills at its {calls.Length} calls");
    }

    /// <summary>Does the same again; what the killed process had finished is not asked for twice.</summary>
    private static void GoOn(WritingVerb verb, string folder)
    {
        string first = Path.Combine(folder, verb.Kept[0]), undo = first + ".undo";
        if (verb.Name == "repair" && File.Exists(undo))
        {
            // It has its name only when it is whole, and brings back what the repair had begun.
            UndoOperation.Run(first, undo);
        }

        bool isDone = verb.Name switch
        {
            "undo" => !File.Exists(undo),
            "to-fixed-in-place" => WritingVerb.IsImage(first),
            "to-raw-in-place" => !WritingVerb.IsImage(first),
            _ => !File.Exists(first),
        };
        if (!isDone)
        {
            try
            {
                verb.Run(folder);
            }
            catch (VhdOperationException error) when (error.Code == OperationError.LostBlocksPresent
                && verb.Name is "optimize-in-place" or "order-in-place")
            {
                // The old places of blocks that were just moved: that they are copies nothing in the file proves.
                OptimizeOperation.RunInPlace(
                    new OptimizeOptions(first) { DropLostBlocks = true, OrdersBlocks = verb.Name == "order-in-place" });
            }
        }

        string path = verb.Kept.Select(name => Path.Combine(folder, name)).First(File.Exists);
        if (verb.Name is not ("undo" or "to-raw-in-place"))
        {
            CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true });
            Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
        }

        foreach (string stale in StaleFile.FindIn(folder))
        {
            File.Delete(stale);
        }
    }

    private static PeerResult Trace(WritingVerb verb, TempFolder folder, string log, string expression) => PeerProcess.TryRun(
        PeerPrograms.Strace,
        // The runtime's own diagnostics make and delete files too; those would be counted.
        ["-f", "-qq", "-E", "DOTNET_EnableDiagnostics=0", "-o", log, "-e", $"trace={Calls}", "-e", expression,
        .. WriterProcess.Command, "change", verb.Name, folder.Root]);

    [GeneratedRegex(@"^(\d+) +(pwrite64|pwritev|ftruncate|fsync|fdatasync|rename|renameat|renameat2|link|unlink|unlinkat)\(",
        RegexOptions.Multiline)]
    private static partial Regex Call();
}
