using System.Runtime.InteropServices;

namespace VhdPS.Tests;

/// <summary>A second name of a file, which .NET cannot make.</summary>
internal static partial class HardLink
{
    public static void Create(string link, string file)
    {
        bool isMade = OperatingSystem.IsWindows() ? CreateOnWindows(link, file, 0) : CreateOnUnix(file, link) == 0;
        Assert.True(isMade, $"{link} could not be made");
    }

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateOnWindows(string link, string file, nint security);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateOnUnix(string file, string link);
}
