using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VhdPS.Tests.Peers;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// Power cuts on real file systems. XFS on a loop device holds the file in which a second file system lives; sharing that
/// file's extents at a random moment is an atomic picture of the second one's medium. A process runs every verb that writes
/// there; each picture is mounted afterwards, as the system is started again after a cut, and checked against what the
/// process had reported until then.
/// </summary>
[Collection(Alone.Name)]
public sealed partial class RealPowerCutTests(ITestOutputHelper output)
{
    private const ulong ShareAllExtents = 0x40049409;
    private const int PicturesOfARun = 50;

    private static readonly int Cuts = LongRun.Count(8, 1000);

    [RootTheory("losetup", "mkfs.xfs", "mkfs.ext4", "mkfs.btrfs")]
    [InlineData("ext4", 64)]
    [InlineData("xfs", 320)]
    [InlineData("btrfs", 128)]
    public void NothingThatWasReportedIsLost(string fileSystem, int sizeMiB)
    {
        using var folder = new TempFolder();
        LoopMount.Format(folder["outer.img"], "xfs", 16L << 30);
        using var outer = new LoopMount(folder["outer.img"], folder["outer"]);
        int seed = Environment.TickCount % 1_000_000, cuts = 0, steps = 0;
        var seen = new SortedDictionary<string, int>();
        while (cuts < Cuts)
        {
            List<Picture> pictures = TakePictures(outer.Folder, folder["inner"], fileSystem, sizeMiB, seed,
                Math.Min(PicturesOfARun, Cuts - cuts));
            Check(pictures, folder["checked"], fileSystem, seed, seen);
            cuts += pictures.Count;
            steps += pictures[^1].LastReported + 1;
            if (LongRun.IsOn)
            {
                output.WriteLine($"{fileSystem}, seed {seed}: {cuts} cuts so far");
            }

            seed++;
            foreach (string file in Directory.GetFiles(outer.Folder))
            {
                File.Delete(file);
            }
        }

        string where = string.Join(", ", seen.Select(pair => $"{pair.Key} {pair.Value}"));
        output.WriteLine($"{fileSystem}: {cuts} cuts in {steps} steps; cut in: {where}");
    }

    private static List<Picture> TakePictures(string outer, string mountPoint, string fileSystem, int sizeMiB, int seed, int count)
    {
        var pictures = new List<Picture>();
        var random = new Random(seed);
        string medium = Path.Combine(outer, "medium");
        LoopMount.Format(medium, fileSystem, (long)sizeMiB << 20);
        using var inner = new LoopMount(medium, mountPoint);
        WritingCycle.Prepare(inner.Folder);
        PeerProcess.Run("sync", "-f", inner.Folder);
        using Process writer = WriterProcess.Start("cycle", inner.Folder, seed.ToString(CultureInfo.InvariantCulture));
        int last = -1;
        var reader = Task.Run(() =>
        {
            while (writer.StandardOutput.ReadLine() is { } line)
            {
                Volatile.Write(ref last, int.Parse(line, CultureInfo.InvariantCulture));
            }
        });
        try
        {
            int next = random.Next(WritingCycle.StepCount);
            for (int i = 0; i < count; i++)
            {
                // Some steps later, and then in the midst of one: they take from one to many milliseconds.
                while (Volatile.Read(ref last) < next && !writer.HasExited)
                {
                    Thread.Sleep(1);
                }

                Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 30));
                Assert.False(writer.HasExited, $"the writer ended by itself after step {last} ({WritingCycle.NameOf(last + 1)} is next)");
                next = Volatile.Read(ref last) + random.Next(1, 7);
                string path = Path.Combine(outer, $"{i}");
                int first = Volatile.Read(ref last);
                Share(medium, path);
                pictures.Add(new Picture(path, first, Volatile.Read(ref last)));
            }
        }
        finally
        {
            writer.Kill();
            writer.WaitForExit();
            reader.Wait();
        }

        return pictures;
    }

    private static void Check(List<Picture> pictures, string mountPoint, string fileSystem, int seed, SortedDictionary<string, int> seen)
    {
        var states = new Dictionary<int, WritingCycle.State>();
        using (var folder = new TempFolder())
        {
            states[0] = WritingCycle.Prepare(folder.Root);
        }

        int known = 0;
        foreach (Picture picture in pictures)
        {
            // State n is what is there after step n - 1. A report between the two looks may be older than the picture or not,
            // and one more may have been on its way.
            for (; known < picture.LastReported + 3; known++)
            {
                states[known + 1] = WritingCycle.After(states[known], known, seed);
            }

            foreach (int old in states.Keys.Where(number => number < picture.FirstReported).ToList())
            {
                states.Remove(old);
            }

            using (var mount = new LoopMount(picture.Path, mountPoint, fileSystem == "xfs" ? "nouuid" : null))
            {
                var faults = new List<string>();
                bool isRight = false;
                for (int step = picture.FirstReported + 1; step <= picture.LastReported + 2 && !isRight; step++)
                {
                    string? fault = WritingCycle.FindFault(mount.Folder, states[step], states[step + 1], step);
                    isRight = fault is null;
                    faults.Add($"step {step}, {WritingCycle.NameOf(step)}: {fault}");
                    if (isRight)
                    {
                        seen[WritingCycle.NameOf(step)] = seen.GetValueOrDefault(WritingCycle.NameOf(step)) + 1;
                    }
                }

                string what = $"{fileSystem}, seed {seed}, steps reported: {picture.FirstReported} to {picture.LastReported}";
                Assert.True(isRight, $"{what}\n{string.Join('\n', faults)}");
            }

            File.Delete(picture.Path);
            if (fileSystem == "btrfs")
            {
                // The kernel remembers each device of one id, and takes the next picture for a lost one's twin.
                PeerProcess.TryRun("btrfs", "device", "scan", "--forget");
            }
        }
    }

    private static void Share(string source, string target)
    {
        using SafeFileHandle from = File.OpenHandle(source, share: FileShare.ReadWrite);
        using SafeFileHandle to = File.OpenHandle(target, FileMode.CreateNew, FileAccess.ReadWrite);
        Assert.True(Control(to, ShareAllExtents, (int)from.DangerousGetHandle()) == 0,
            $"extents are not shared: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle target, ulong request, int source);

    /// <summary>A picture of the medium, and the last steps that had been reported before and after it was taken.</summary>
    private sealed record Picture(string Path, int FirstReported, int LastReported);
}
