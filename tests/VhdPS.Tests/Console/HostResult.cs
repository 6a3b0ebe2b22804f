namespace VhdPS.Tests.Console;

/// <summary>What a run of the console host left.</summary>
internal sealed record HostResult(int ExitCode, string Output, string Error);
