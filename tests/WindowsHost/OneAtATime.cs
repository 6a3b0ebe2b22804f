using Xunit.Abstractions;

namespace VhdPS.WindowsHost;

/// <summary>xunit's own options, but for tests side by side.</summary>
internal sealed class OneAtATime : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
{
    public static readonly OneAtATime Options = new();

    public TValue GetValue<TValue>(string name) => name == "xunit.execution.DisableParallelization" ? (TValue)(object)true : default!;

    public void SetValue<TValue>(string name, TValue value)
    {
    }
}
