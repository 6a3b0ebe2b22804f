using System.Globalization;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Crash;

/// <summary>A real process whose reads are cut short, as on a network volume: strace answers one of them with fewer bytes.</summary>
public sealed class ShortReadTests
{
    private const int Length = 16 * 1024;
    private const int ShortLength = 1000;

    [PeerFact(PeerPrograms.Strace)]
    public void AReadThatTheSystemCutsShortGoesOnToTheEnd()
    {
        using var folder = new TempFolder();
        byte[] bytes = new byte[Length];
        new Random(3).NextBytes(bytes);
        string path = folder.Write("a.vhd", bytes);
        PeerResult result = PeerProcess.TryRun(
            PeerPrograms.Strace,
            ["-f", "-qq", "-o", folder["log"], "-P", path, "-e", "trace=pread64", "-e", $"inject=pread64:retval={ShortLength}:when=1",
            .. WriterProcess.Command, "read", path]);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("INJECTED", File.ReadAllText(folder["log"]), StringComparison.Ordinal);
        string[] lines = result.Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Equal(Length.ToString(CultureInfo.InvariantCulture), lines[0]);

        // What strace answers itself it does not read: only the bytes after that are the file's.
        Assert.Equal(bytes[ShortLength..], Convert.FromHexString(lines[1])[ShortLength..]);
    }
}
