using System.Diagnostics;
using System.Globalization;

namespace VhdPS.Bench.Compare;

/// <summary>The most memory that this process had resident during a piece of work, above what it had before.</summary>
internal static class PeakMemory
{
    private const string ResetPath = "/proc/self/clear_refs";
    private static readonly TimeSpan SampleTime = TimeSpan.FromMilliseconds(5);

    public static long Measure(Action work)
    {
        // Aggressive: memory that the collector keeps for later would hide what the work needs.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (File.Exists(ResetPath))
        {
            // Linux keeps the peak itself; "5" sets it back to what is resident now.
            File.WriteAllText(ResetPath, "5");
            long before = StatusBytes("VmRSS:");
            work();
            return Math.Max(0, StatusBytes("VmHWM:") - before);
        }

        return Sample(work);
    }

    private static long Sample(Action work)
    {
        using var self = Process.GetCurrentProcess();
        long before = self.WorkingSet64, most = before;
        using var stop = new ManualResetEventSlim();
        var sampler = new Thread(() =>
        {
            while (!stop.Wait(SampleTime))
            {
                self.Refresh();
                most = Math.Max(most, self.WorkingSet64);
            }
        });
        sampler.Start();
        try
        {
            work();
        }
        finally
        {
            stop.Set();
            sampler.Join();
        }

        return most - before;
    }

    private static long StatusBytes(string key)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(key, StringComparison.Ordinal));
        string kib = line[key.Length..].Replace("kB", string.Empty, StringComparison.Ordinal).Trim();
        return long.Parse(kib, CultureInfo.InvariantCulture) * 1024;
    }
}
