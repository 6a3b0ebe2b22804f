namespace VhdPS.Tests.Crash;

/// <summary>
/// The runs that take hours are started by VHDPS_LONG=1; without it the same tests run on fewer cases, and by VHDPS_SHORT=1 on as few as
/// a run takes that is made hundreds of times.
/// </summary>
internal static class LongRun
{
    public static readonly bool IsOn = Environment.GetEnvironmentVariable("VHDPS_LONG") == "1";

    /// <summary>Whether there are too few cases for a count of what was met in them.</summary>
    public static readonly bool IsShort = Environment.GetEnvironmentVariable("VHDPS_SHORT") == "1";

    /// <summary>One of two counts, or a third of the first.</summary>
    public static int Count(int usual, int inLongRun) =>
        IsOn ? inLongRun : IsShort && usual > 50 ? Math.Max(50, usual / 3) : usual;
}
