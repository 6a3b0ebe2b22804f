using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Nbd;

/// <summary>A test that mounts file systems: for root on Linux with FUSE and loop devices, skipped elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute(params string[] programs) => Skip =
        !OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess ? "only for root on Linux"
        : !File.Exists("/dev/fuse") || !File.Exists("/dev/loop-control") ? "no FUSE or no loop devices here"
        : PeerPrograms.FindSkipReason(programs);
}
