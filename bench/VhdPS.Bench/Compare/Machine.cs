using System.Globalization;
using System.Runtime.InteropServices;

namespace VhdPS.Bench.Compare;

/// <summary>The machine in words that tell how to read the figures, and nothing that names it.</summary>
internal static class Machine
{
    private const double BytesPerGiB = 1024.0 * 1024 * 1024;

    public static IEnumerable<string> Describe(string dataFolder)
    {
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores of {Processor()} ({RuntimeInformation.OSArchitecture}), "
                + $"{memory / BytesPerGiB:0} GiB of memory");
        yield return $"{RuntimeInformation.OSDescription}, data on {FileSystem(dataFolder)}";
        yield return $"{RuntimeInformation.FrameworkDescription}, PowerShell engine {PowerShellVersion()}";
        yield return PeerProcess.Version("qemu-img") ?? "no qemu-img";
    }

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? "an unnamed processor";
    }

    private static string FileSystem(string folder)
    {
        string path = Path.GetFullPath(folder);
        DriveInfo? drive = DriveInfo.GetDrives()
            .Where(drive => drive.IsReady && path.StartsWith(drive.RootDirectory.FullName, StringComparison.Ordinal))
            .MaxBy(drive => drive.RootDirectory.FullName.Length);
        return drive?.DriveFormat ?? "an unknown file system";
    }

    private static string PowerShellVersion() =>
        FileVersion(typeof(System.Management.Automation.PSObject).Assembly.Location).Split(' ')[0];

    private static string FileVersion(string path) =>
        System.Diagnostics.FileVersionInfo.GetVersionInfo(path).ProductVersion ?? "unknown";
}
