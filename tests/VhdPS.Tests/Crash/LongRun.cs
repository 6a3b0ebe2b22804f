namespace VhdPS.Tests.Crash;

/// <summary>The runs that take hours are started by VHDPS_LONG=1; without it the same tests run on fewer cases.</summary>
internal static class LongRun
{
    public static readonly bool IsOn = Environment.GetEnvironmentVariable("VHDPS_LONG") == "1";

    /// <summary>One of two counts.</summary>
    public static int Count(int usual, int inLongRun) => IsOn ? inLongRun : usual;
}
