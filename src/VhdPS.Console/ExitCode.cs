namespace VhdPS.Console;

/// <summary>The exit codes that are not a script's own.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>An error was shown, or the last statement failed.</summary>
    public const int Failure = 1;

    /// <summary>The command line was wrong (EX_USAGE of sysexits.h).</summary>
    public const int Usage = 64;

    /// <summary>Stopped by a signal: 128 and its number, as shells say it.</summary>
    public const int Interrupted = 128 + 2;
}
