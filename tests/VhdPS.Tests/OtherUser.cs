using System.Runtime.InteropServices;

namespace VhdPS.Tests;

/// <summary>
/// A user without rights of their own, for one thread's use of files; the tests' own user where that is none with all rights.
/// </summary>
internal static partial class OtherUser
{
    public const uint Nobody = 65534;

    /// <summary>Runs an action as that user and passes on how it failed.</summary>
    public static void Run(Action action, uint group = Nobody)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (Environment.IsPrivilegedProcess)
                {
                    _ = SetFileSystemGroup(group);
                    _ = SetFileSystemUser(Nobody);
                }

                action();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        Assert.True(failure is null, failure?.ToString());
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileSystemUser(uint user);

    [LibraryImport("libc", EntryPoint = "setfsgid")]
    private static partial int SetFileSystemGroup(uint group);
}
