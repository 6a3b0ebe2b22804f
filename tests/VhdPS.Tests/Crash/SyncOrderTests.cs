using System.Text.RegularExpressions;
using VhdPS.Tests.Peers;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// The calls that a real process makes to the system, in their order: what a power cut may take is synced before anything
/// is built on it. Doubles in place of files see no renames, no deletions and no folders; this does.
/// </summary>
public sealed partial class SyncOrderTests(ITestOutputHelper output)
{
    private const string Calls =
        "openat,pwrite64,pwritev,write,writev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,link,unlink,unlinkat";

    public static TheoryData<string> Verbs => [.. WritingVerb.All.Select(verb => verb.Name)];

    [PeerTheory(PeerPrograms.Strace)]
    [MemberData(nameof(Verbs))]
    public void NothingIsBuiltOnWhatIsNotOnTheMedium(string name)
    {
        WritingVerb verb = WritingVerb.Find(name);
        using TempFolder folder = new(), log = new();
        verb.Prepare(folder.Root);
        HashSet<string> old = [.. Directory.GetFiles(folder.Root)];
        PeerResult result = PeerProcess.TryRun(
            PeerPrograms.Strace,
            [
                "-f", "-qq", "-y", "--seccomp-bpf", "-s", "300", "-o", log["log"], "-e", $"trace={Calls}",
                .. WriterProcess.Command, "change", name, folder.Root,
            ]);
        Assert.True(result.ExitCode == 0, result.ToString());
        var seen = new SeenCalls(folder.Root, old);
        foreach (string line in File.ReadLines(log["log"]))
        {
            seen.Read(line);
        }

        seen.AssertClean();
        Assert.True(seen.SyncCount > 0);
        output.WriteLine($"{name}: {seen.WriteCount} writes, {seen.SyncCount} syncs, {seen.RenameCount} renames, "
            + $"{seen.DeletionCount} deletions");
    }

    /// <summary>What was changed and not synced yet: files by path, and the folder for its entries.</summary>
    private sealed partial class SeenCalls(string root, HashSet<string> old)
    {
        private readonly HashSet<string> _dirty = [];
        private readonly Dictionary<string, string> _begun = [];

        public int WriteCount { get; private set; }

        public int SyncCount { get; private set; }

        public int RenameCount { get; private set; }

        public int DeletionCount { get; private set; }

        public void Read(string line)
        {
            // A call during which another thread makes one is shown in two lines.
            string thread = line[..line.IndexOf(' ', StringComparison.Ordinal)];
            if (line.EndsWith(" <unfinished ...>", StringComparison.Ordinal))
            {
                _begun[thread] = line[..^" <unfinished ...>".Length];
                return;
            }

            if (Resumed().Match(line) is { Success: true } resumed)
            {
                line = _begun[thread] + resumed.Groups["rest"].Value;
            }

            Match match = Call().Match(line);
            if (!match.Success || match.Groups["result"].Value.StartsWith('-'))
            {
                return;
            }

            string rest = match.Groups["rest"].Value;
            string[] quoted = [.. Quoted().Matches(rest).Select(part => part.Groups[1].Value)];
            string opened = Opened().Match(rest).Groups[1].Value;
            switch (match.Groups["name"].Value)
            {
                case "openat" when rest.Contains("O_CREAT", StringComparison.Ordinal) && IsInside(quoted[0]) && !old.Contains(quoted[0]):
                    _dirty.Add(root);
                    break;
                case "pwrite64" or "pwritev" or "write" or "writev" or "ftruncate" or "fallocate" when IsInside(opened):
                    WriteCount++;
                    if (old.Contains(opened))
                    {
                        AssertNothingElse(opened, line);
                    }

                    _dirty.Add(opened);
                    break;
                case "fsync" or "fdatasync" when opened == root || IsInside(opened):
                    SyncCount++;
                    _dirty.Remove(opened);
                    break;
                case "rename" or "renameat" or "renameat2" or "link" when IsInside(quoted[0]):
                    RenameCount++;
                    Assert.False(_dirty.Contains(quoted[0]), $"renamed before it was synced: {line}");
                    _dirty.Add(root);
                    break;
                case "unlink" or "unlinkat" when IsInside(quoted[0]):
                    DeletionCount++;
                    _dirty.Remove(quoted[0]);
                    AssertNothingElse(quoted[0], line);
                    _dirty.Add(root);
                    break;
            }
        }

        public void AssertClean() => Assert.True(_dirty.Count == 0, $"not synced at the end: {string.Join(", ", _dirty)}");

        private bool IsInside(string path) => path.StartsWith(root + "/", StringComparison.Ordinal);

        private void AssertNothingElse(string path, string line)
        {
            string[] others = [.. _dirty.Where(other => other != path)];
            Assert.True(others.Length == 0, $"{line}\nwhile not synced: {string.Join(", ", others)}");
        }

        [GeneratedRegex(@"^\d+\s+(?<name>\w+)\((?<rest>.*)\)\s+= (?<result>-?\w+)")]
        private static partial Regex Call();

        [GeneratedRegex(@"<\.\.\. \w+ resumed>(?<rest>.*)$")]
        private static partial Regex Resumed();

        [GeneratedRegex("\"([^\"]*)\"")]
        private static partial Regex Quoted();

        [GeneratedRegex(@"^\d+<([^>]*)>")]
        private static partial Regex Opened();
    }
}
