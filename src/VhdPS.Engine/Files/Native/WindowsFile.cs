using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>Windows: GetFileInformationByHandleEx, FSCTL_QUERY_ALLOCATED_RANGES, FSCTL_SET_ZERO_DATA.</summary>
internal sealed partial class WindowsFile : PlatformFile
{
    private const int StandardInfoClass = 1;
    private const int IdInfoClass = 18;
    private const uint DiskFileType = 1;
    private const uint QueryAllocatedRanges = 0x000940CF;
    private const uint SetZeroData = 0x000980C8;
    private const int Win32Facility = unchecked((int)0x80070000);
    private const int AccessDeniedError = 5;
    private const int SharingViolationError = 32;
    private const int LockViolationError = 33;
    private const int MoreDataError = 234;
    private const int RenameInfoExClass = 22;
    private const uint DeleteAccess = 0x00010000;
    private const uint ShareAll = 7;
    private const uint OpenExisting = 3;
    private const uint WriteThroughFlag = 0x80000000;
    private const uint RenameFlags = 0x1 | 0x2;
    private const uint MoveFlags = 0x1 | MoveWriteThrough;
    private const uint MoveWriteThrough = 0x8;
    private const int ShortPathLength = 248;
    private const int MaxPathLength = 32768;
    private const int MaxNameLength = 261;

    public override FileFacts Stat(string path)
    {
        // QUIRK(windows): CON, \\.\PhysicalDrive0 and named pipes are distinguished from files only by an open handle, and opening
        // a device can act on it; the device namespaces are therefore never opened.
        if (LocalPath.IsDevice(Path.GetFullPath(path)))
        {
            return new FileFacts(FileKind.Other, ByPath(path), null);
        }

        FileFacts facts = base.Stat(path);
        if (facts.Kind != FileKind.Regular)
        {
            return facts;
        }

        // A handle that may do nothing is given whoever has the file open and however: it tells the identity by which the files of
        // open handles are known.
        using SafeFileHandle file = OpenForAccess(Unlimited(path), 0, ShareAll, 0, OpenExisting, 0, 0);
        return file.IsInvalid ? facts : Stat(file, path);
    }

    public override FileFacts Stat(SafeFileHandle handle, string path)
    {
        if (GetFileType(handle) != DiskFileType)
        {
            return new FileFacts(FileKind.Other, ByPath(path), null);
        }

        long? sizeOnDisk = GetStandardInfo(handle, StandardInfoClass, out StandardInfo standard, Marshal.SizeOf<StandardInfo>())
            ? standard.AllocationSize
            : null;
        FileIdentity identity = GetIdInfo(handle, IdInfoClass, out IdInfo id, Marshal.SizeOf<IdInfo>())
            ? new FileIdentity(id.Volume, id.High, id.Low, string.Empty)
            : ByPath(path);
        return new FileFacts(FileKind.Regular, identity, sizeOnDisk) { LinkCount = sizeOnDisk is null ? 1 : standard.NumberOfLinks };
    }

    public override (long Offset, long End)? FindData(SafeFileHandle handle, long fileOffset, long length)
    {
        if (fileOffset >= length)
        {
            return null;
        }

        Range asked = new() { Offset = fileOffset, Length = length - fileOffset };
        bool isOk = QueryRanges(
            handle, QueryAllocatedRanges, ref asked, Marshal.SizeOf<Range>(), out Range found, Marshal.SizeOf<Range>(), out int bytes, 0);
        if (!isOk && Marshal.GetLastPInvokeError() != MoreDataError)
        {
            return (fileOffset, length);
        }

        return bytes == 0 ? null : (Math.Max(found.Offset, fileOffset), Math.Min(found.Offset + found.Length, length));
    }

    public override bool PunchHole(SafeFileHandle handle, long fileOffset, long length)
    {
        Range zeroed = new() { Offset = fileOffset, Length = fileOffset + length };
        return ZeroRange(handle, SetZeroData, ref zeroed, Marshal.SizeOf<Range>(), 0, 0, out _, 0);
    }

    public override void Sync(SafeFileHandle handle)
    {
        if (!FlushBuffers(handle))
        {
            throw LastError();
        }
    }

    public override void RenameToNew(string path, string newPath)
    {
        if (!MoveFile(Unlimited(Path.GetFullPath(path)), Unlimited(Path.GetFullPath(newPath)), MoveWriteThrough))
        {
            throw LastError();
        }
    }

    /// <summary>
    /// Renames over an open file as Unix does, so that no writer gets between. Where the file system cannot (FAT, older
    /// servers), the target is closed first and the result is looked at.
    /// </summary>
    public override void RenameOver(string path, string targetPath, Action release)
    {
        path = Unlimited(Path.GetFullPath(path));
        targetPath = Unlimited(Path.GetFullPath(targetPath));
        FileIdentity identity;

        // Written through, as MoveFileEx opens it when it is asked for that.
        using (SafeFileHandle file = OpenForAccess(path, DeleteAccess, ShareAll, 0, OpenExisting, WriteThroughFlag, 0))
        {
            if (file.IsInvalid)
            {
                throw LastError();
            }

            identity = Stat(file, path).Identity;
            if (TryRename(file, targetPath))
            {
                return;
            }

            // The old file stays locked while a program that holds it is waited for.
            if (Marshal.GetLastPInvokeError() is SharingViolationError or LockViolationError)
            {
                throw LastError();
            }
        }

        release();
        if (!MoveFile(path, targetPath, MoveFlags))
        {
            throw LastError();
        }

        using SafeFileHandle moved = OpenForAccess(targetPath, 0, ShareAll, 0, OpenExisting, 0, 0);
        if (!moved.IsInvalid && identity.FullPath.Length == 0 && Stat(moved, targetPath).Identity != identity)
        {
            throw new IOException("another file took the place of the new one");
        }
    }

    /// <summary>Access denied is also what the system says of a file that is open and does not share its deletion.</summary>
    public override bool MayBeHeld(Exception error) =>
        (error.HResult & ~0xFFFF) == Win32Facility
        && (error.HResult & 0xFFFF) is AccessDeniedError or SharingViolationError or LockViolationError;

    public override IReadOnlyList<LostProtection> CopyProtection(OpenedFile source, OpenedFile target) =>
        WindowsSecurity.Copy(source.Path, target.Path);

    public override void Restrict(IEnumerable<string> sourcePaths, OpenedFile target)
    {
        foreach (string path in sourcePaths)
        {
            WindowsSecurity.CopyProtectedList(path, target.Path);
        }
    }

    private static unsafe bool TryRename(SafeFileHandle file, string targetPath)
    {
        // FILE_RENAME_INFO: flags, root folder, length of the name in bytes, the name.
        int nameAt = IntPtr.Size == 8 ? 20 : 12;
        byte[] info = new byte[nameAt + ((targetPath.Length + 1) * sizeof(char))];
        BitConverter.TryWriteBytes(info, RenameFlags);
        BitConverter.TryWriteBytes(info.AsSpan(nameAt - sizeof(int)), targetPath.Length * sizeof(char));
        MemoryMarshal.AsBytes(targetPath.AsSpan()).CopyTo(info.AsSpan(nameAt));
        fixed (byte* first = info)
        {
            return SetInfo(file, RenameInfoExClass, first, info.Length);
        }
    }

    private static Exception LastError()
    {
        int error = Marshal.GetLastPInvokeError();
        string message = Marshal.GetPInvokeErrorMessage(error);
        return error == AccessDeniedError ? new UnauthorizedAccessException(message) : new IOException(message, Win32Facility | error);
    }

    [LibraryImport("kernel32", EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushBuffers(SafeFileHandle handle);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    private static partial SafeFileHandle OpenForAccess(
        string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "SetFileInformationByHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static unsafe partial bool SetInfo(SafeFileHandle handle, int infoClass, byte* info, int length);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool MoveFile(string path, string newPath, uint flags);

    public override long? FreeBytes(string folder) =>
        GetDiskFreeSpace(Unlimited(folder), out ulong free, 0, 0) ? (long)Math.Min(free, long.MaxValue) : null;

    public override string? FileSystemName(string folder)
    {
        Span<char> root = new char[MaxPathLength], name = stackalloc char[MaxNameLength];
        return GetVolumePath(Unlimited(folder), ref MemoryMarshal.GetReference(root), root.Length)
            && GetVolumeInformation(Text(root), 0, 0, 0, 0, 0, ref MemoryMarshal.GetReference(name), name.Length)
            ? Text(name)
            : null;
    }

    public override string WithLongNames(string path)
    {
        Span<char> text = new char[MaxPathLength];
        uint length = GetLongPathName(path, ref MemoryMarshal.GetReference(text), (uint)text.Length);
        return length > 0 && length < text.Length ? text[..(int)length].ToString() : path;
    }

    /// <summary>These calls take more than 260 characters only by the prefix.</summary>
    private static string Unlimited(string fullPath) =>
        fullPath.Length < ShortPathLength || fullPath.StartsWith(@"\\?\", StringComparison.Ordinal) ? fullPath
        : fullPath.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC\" + fullPath[2..]
        : @"\\?\" + fullPath;

    private static string Text(ReadOnlySpan<char> buffer) => buffer[..buffer.IndexOf('\0')].ToString();

    [LibraryImport("kernel32", EntryPoint = "GetDiskFreeSpaceExW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetDiskFreeSpace(string folder, out ulong available, nint total, nint free);

    [LibraryImport("kernel32", EntryPoint = "GetVolumePathNameW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetVolumePath(string path, ref char root, int length);

    [LibraryImport("kernel32", EntryPoint = "GetVolumeInformationW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetVolumeInformation(
        string root, nint label, int labelLength, nint serial, nint nameLength, nint flags, ref char fileSystem, int length);

    [LibraryImport("kernel32", EntryPoint = "GetLongPathNameW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial uint GetLongPathName(string path, ref char longPath, uint length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial uint GetFileType(SafeFileHandle handle);

    [LibraryImport("kernel32", EntryPoint = "GetFileInformationByHandleEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetStandardInfo(SafeFileHandle handle, int infoClass, out StandardInfo info, int length);

    [LibraryImport("kernel32", EntryPoint = "GetFileInformationByHandleEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetIdInfo(SafeFileHandle handle, int infoClass, out IdInfo info, int length);

    [LibraryImport("kernel32", EntryPoint = "DeviceIoControl", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool QueryRanges(
        SafeFileHandle handle, uint code, ref Range asked, int askedLength, out Range found, int foundLength, out int returned,
            nint overlapped);

    [LibraryImport("kernel32", EntryPoint = "DeviceIoControl", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ZeroRange(
        SafeFileHandle handle, uint code, ref Range zeroed, int zeroedLength, nint output, int outputLength, out int returned,
            nint overlapped);

    [StructLayout(LayoutKind.Sequential)]
    private struct StandardInfo
    {
        public long AllocationSize;
        public long EndOfFile;
        public uint NumberOfLinks;
        public byte DeletePending;
        public byte Directory;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IdInfo
    {
        public ulong Volume;
        public ulong Low;
        public ulong High;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Range
    {
        public long Offset;
        public long Length;
    }
}
