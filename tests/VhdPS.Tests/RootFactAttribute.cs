using VhdPS.Tests.Peers;

namespace VhdPS.Tests;

/// <summary>A test that changes owners or mounts file systems: skipped for other users than root, and where a program is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute(params string[] programs) => Skip = FindSkipReason(programs);

    /// <summary>The reason to skip a test, or null to run it.</summary>
    public static string? FindSkipReason(string[] programs) =>
        !OperatingSystem.IsLinux() ? "only on Linux"
        : !Environment.IsPrivilegedProcess ? "needs root: it changes owners or mounts file systems"
        : programs.Contains("losetup") && !File.Exists("/dev/loop-control") ? "the system has no loop devices"
        : PeerPrograms.FindSkipReason(programs);
}
