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
    private const int MoreDataError = 234;
    private const int ShortPathLength = 248;
    private const int MaxPathLength = 32768;
    private const int MaxNameLength = 261;

    public override FileFacts Stat(string path)
    {
        // QUIRK(windows): CON, \\.\PhysicalDrive0 and named pipes are told from files only by an open handle, and opening
        // a device can act on it; the device namespaces are therefore never opened.
        return LocalPath.IsDevice(Path.GetFullPath(path)) ? new FileFacts(FileKind.Other, ByPath(path), null) : base.Stat(path);
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
        return new FileFacts(FileKind.Regular, identity, sizeOnDisk);
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
        SafeFileHandle handle, uint code, ref Range asked, int askedLength, out Range found, int foundLength, out int returned, nint overlapped);

    [LibraryImport("kernel32", EntryPoint = "DeviceIoControl", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ZeroRange(
        SafeFileHandle handle, uint code, ref Range zeroed, int zeroedLength, nint output, int outputLength, out int returned, nint overlapped);

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
