namespace VhdPS.Tests.Peers;

/// <summary>A test against Windows' own VHD stack: skipped off Windows, under Wine and without an administrator's rights.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WindowsDiskTheoryAttribute : TheoryAttribute
{
    public WindowsDiskTheoryAttribute() => Skip = WindowsDisk.FindSkipReason();
}
