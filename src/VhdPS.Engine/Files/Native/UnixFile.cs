using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>What Linux and macOS share; the numbers of the calls differ.</summary>
internal abstract partial class UnixFile : PlatformFile
{
    private const int NoEntryErrno = 2;
    private const int NotPermittedErrno = 1;
    private const int AccessErrno = 13;
    private const uint TypeMask = 0xF000;
    private const uint TypeRegular = 0x8000;
    private const uint TypeDirectory = 0x4000;

    /// <summary>The flag of open() by which started processes do not get the file.</summary>
    protected abstract int CloseOnExec { get; }

    /// <summary>.NET takes a lock at every open, and fails where a writer has one.</summary>
    public override SafeFileHandle OpenUnlocked(string path)
    {
        int descriptor = OpenPath(path, CloseOnExec);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            string message = $"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'";
            throw error switch
            {
                NoEntryErrno => new FileNotFoundException(message, path),
                NotPermittedErrno or AccessErrno => new UnauthorizedAccessException(message),
                _ => new IOException(message, error),
            };
        }

        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    public override void SyncFolder(string folder)
    {
        int descriptor = OpenFolder(folder, 0);
        if (descriptor >= 0)
        {
            // A file system that cannot sync a folder says so; the rename itself has happened.
            _ = Sync(descriptor);
            _ = Close(descriptor);
        }
    }

    protected static FileKind KindOf(uint mode) => (mode & TypeMask) switch
    {
        TypeRegular => FileKind.Regular,
        TypeDirectory => FileKind.Directory,
        _ => FileKind.Other,
    };

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenPath(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
