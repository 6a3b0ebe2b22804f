namespace VhdPS.Tests;

/// <summary>A test of what Windows alone has; Wine passes for it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WindowsFactAttribute : FactAttribute
{
    public WindowsFactAttribute() => Skip = OperatingSystem.IsWindows() ? null : "only on Windows";
}
