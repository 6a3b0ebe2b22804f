using VhdPS.Engine.Files.Native;

namespace VhdPS.Engine.Files;

/// <summary>
/// A file that a virus scanner or an indexer has open for a moment, mostly one that has just been closed: on Windows it can
/// meanwhile neither be renamed nor deleted.
/// </summary>
internal static class HeldFile
{
    /// <summary>How long a file is waited for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Renames or deletes, and tries again while the system says that another program has the file open.</summary>
    /// <param name="action">What has no effect where it fails.</param>
    /// <exception cref="IOException">The system's last answer.</exception>
    /// <exception cref="UnauthorizedAccessException">The system's last answer.</exception>
    public static void Retry(Action action) => Retry(action, PlatformFile.Current.MayBeHeld, TimeProvider.System, Thread.Sleep);

    /// <summary>As <see cref="Retry(Action)"/>, with the system and the clock given.</summary>
    internal static void Retry(Action action, Func<Exception, bool> mayBeHeld, TimeProvider clock, Action<TimeSpan> sleep)
    {
        long start = clock.GetTimestamp();
        for (TimeSpan pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                action();
                return;
            }
            catch (Exception error) when (mayBeHeld(error) && clock.GetElapsedTime(start) < Limit)
            {
                sleep(pause);
            }
        }
    }
}
