using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>What Linux and macOS share; the numbers of the calls differ.</summary>
internal abstract partial class UnixFile : PlatformFile
{
    private const int NoSuchDataErrno = 6;
    private const int NoEntryErrno = 2;
    private const int NotPermittedErrno = 1;
    private const int AccessErrno = 13;
    private const uint TypeMask = 0xF000;
    private const uint TypeRegular = 0x8000;
    private const uint TypeDirectory = 0x4000;

    protected abstract int SeekData { get; }

    protected abstract int SeekHole { get; }

    /// <summary>The flag of open() by which started processes do not get the file.</summary>
    protected abstract int CloseOnExec { get; }

    public override (long Offset, long End)? FindData(SafeFileHandle handle, long fileOffset, long length)
    {
        if (fileOffset >= length)
        {
            return null;
        }

        long data = Seek(handle, fileOffset, SeekData);
        if (data < 0)
        {
            return Marshal.GetLastPInvokeError() == NoSuchDataErrno ? null : (fileOffset, length);
        }

        if (data >= length)
        {
            return null;
        }

        long hole = Seek(handle, data, SeekHole);
        return (data, hole > data ? Math.Min(hole, length) : length);
    }

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

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle handle, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenPath(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
