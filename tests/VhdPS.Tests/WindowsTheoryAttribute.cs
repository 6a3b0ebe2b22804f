namespace VhdPS.Tests;

/// <summary>A test with data of what Windows alone has; Wine passes for it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WindowsTheoryAttribute : TheoryAttribute
{
    public WindowsTheoryAttribute() => Skip = OperatingSystem.IsWindows() ? null : "only on Windows";
}
