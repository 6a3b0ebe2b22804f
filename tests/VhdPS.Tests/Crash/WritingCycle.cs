namespace VhdPS.Tests.Crash;

internal static class WritingCycle
{
    public static void Run(string folder, int seed)
    {
    }
}
