using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Tests.Peers;

/// <summary>
/// A disk image in the hands of Windows' own VHD stack, virtdisk.dll, which every Windows has without Hyper-V. Attached to no
/// machine, its sectors are read and written by its handle. Needs an administrator.
/// </summary>
internal sealed unsafe partial class WindowsDisk : IDisposable
{
    private const int VhdDevice = 2;
    private const int FullAllocation = 1;
    private const int MetaOperations = 0x00200000;
    private const int AllAccess = 0x003F0000;
    private const int ReadOnlyFlag = 1;
    private const int NoDriveLetterFlag = 2;
    private const int NoLocalHostFlag = 8;
    private const int PendingError = 997;
    private const int Alignment = 4096;

    private static readonly Guid Microsoft = new("EC984AEC-A0F9-47E9-901F-71415A66345B");

    private readonly SafeFileHandle _handle;

    private WindowsDisk(SafeFileHandle handle) => _handle = handle;

    /// <summary>Why there is no such stack here; null where there is.</summary>
    public static string? FindSkipReason() =>
        !OperatingSystem.IsWindows() ? "Windows' own VHD stack is only on Windows"
        : NativeLibrary.TryGetExport(NativeLibrary.Load("ntdll"), "wine_get_version", out _) ? "Wine has no VHD stack"
        : Environment.IsPrivilegedProcess ? null
        : "only an administrator may attach a disk";

    /// <summary>Makes an image.</summary>
    /// <param name="path">Where.</param>
    /// <param name="sizeBytes">The disk's size; that of the parent where there is one.</param>
    /// <param name="blockSize">Bytes in a block; zero for the stack's own choice.</param>
    /// <param name="isFixed">Whether it is fixed.</param>
    /// <param name="parentPath">The parent of a differencing image; else null.</param>
    public static void Create(string path, long sizeBytes, int blockSize, bool isFixed, string? parentPath)
    {
        fixed (char* parent = parentPath)
        {
            var parameters = new CreateParameters
            {
                Version = 2,
                UniqueId = Guid.NewGuid(),
                MaximumSize = parentPath is null ? sizeBytes : 0,
                BlockSize = isFixed || parentPath is not null ? 0 : blockSize,
                SectorSize = parentPath is null ? 512 : 0,
                ParentPath = parent,
            };
            StorageType type = Vhd();
            Check(CreateVirtualDisk(ref type, path, 0, 0, isFixed ? FullAllocation : 0, 0, ref parameters, 0, out SafeFileHandle handle));
            handle.Dispose();
        }
    }

    /// <summary>Opens an image and attaches it.</summary>
    public static WindowsDisk Attach(string path, bool isReadOnly)
    {
        StorageType type = Vhd();
        var parameters = new OpenParameters { Version = 2, ReadOnly = isReadOnly ? 1 : 0 };
        Check(OpenVirtualDisk(ref type, path, 0, 0, ref parameters, out SafeFileHandle handle));
        try
        {
            Check(AttachVirtualDisk(handle, 0, NoDriveLetterFlag | NoLocalHostFlag | (isReadOnly ? ReadOnlyFlag : 0), 0, 0, 0));
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        return new WindowsDisk(handle);
    }

    /// <summary>Gives back the space of blocks of zeros.</summary>
    public static void Compact(string path)
    {
        using SafeFileHandle handle = OpenOld(path, MetaOperations, depth: 1);
        var parameters = new DepthParameters { Version = 1 };
        Check(CompactVirtualDisk(handle, 0, ref parameters, 0));
    }

    /// <summary>Merges a differencing image into its parent.</summary>
    public static void Merge(string path)
    {
        using SafeFileHandle handle = OpenOld(path, AllAccess, depth: 2);
        var parameters = new DepthParameters { Version = 1, Depth = 1 };
        Check(MergeVirtualDisk(handle, 0, ref parameters, 0));
    }

    /// <summary>Reads whole sectors.</summary>
    public byte[] Read(long offset, int length)
    {
        byte[] bytes = new byte[length];
        Transfer(offset, bytes, isWrite: false);
        return bytes;
    }

    /// <summary>Writes whole sectors.</summary>
    public void Write(long offset, byte[] bytes) => Transfer(offset, bytes, isWrite: true);

    public void Dispose()
    {
        _ = DetachVirtualDisk(_handle, 0, 0);
        _handle.Dispose();
    }

    private static StorageType Vhd() => new() { Device = VhdDevice, Vendor = Microsoft };

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    private static SafeFileHandle OpenOld(string path, int access, int depth)
    {
        StorageType type = Vhd();
        var parameters = new OpenParameters { Version = 1, GetInfoOnlyOrDepth = depth };
        Check(OpenVirtualDisk(ref type, path, access, 0, ref parameters, out SafeFileHandle handle));
        return handle;
    }

    private void Transfer(long offset, byte[] bytes, bool isWrite)
    {
        using var ended = new ManualResetEvent(initialState: false);
        var overlapped = new Overlapped
        {
            Offset = offset,
            Event = ended.SafeWaitHandle.DangerousGetHandle(),
        };
        byte* aligned = (byte*)NativeMemory.AlignedAlloc((nuint)bytes.Length, Alignment);
        try
        {
            bytes.CopyTo(new Span<byte>(aligned, bytes.Length));
            bool isDone = isWrite
                ? WriteFile(_handle, aligned, bytes.Length, 0, &overlapped)
                : ReadFile(_handle, aligned, bytes.Length, 0, &overlapped);
            int error = isDone ? 0 : Marshal.GetLastPInvokeError();
            if (error is not (0 or PendingError) || !GetOverlappedResult(_handle, &overlapped, out int count, wait: true))
            {
                throw new Win32Exception(error is 0 or PendingError ? Marshal.GetLastPInvokeError() : error);
            }

            Assert.Equal(bytes.Length, count);
            new Span<byte>(aligned, bytes.Length).CopyTo(bytes);
        }
        finally
        {
            NativeMemory.AlignedFree(aligned);
        }
    }

    [LibraryImport("virtdisk", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int CreateVirtualDisk(
        ref StorageType type,
        string path,
        int access,
        nint security,
        int flags,
        int providerFlags,
        ref CreateParameters parameters,
        nint overlapped,
        out SafeFileHandle handle);

    [LibraryImport("virtdisk", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int OpenVirtualDisk(
        ref StorageType type, string path, int access, int flags, ref OpenParameters parameters, out SafeFileHandle handle);

    [LibraryImport("virtdisk")]
    private static partial int AttachVirtualDisk(
        SafeFileHandle handle, nint security, int flags, int providerFlags, nint parameters, nint overlapped);

    [LibraryImport("virtdisk")]
    private static partial int DetachVirtualDisk(SafeFileHandle handle, int flags, int providerFlags);

    [LibraryImport("virtdisk")]
    private static partial int CompactVirtualDisk(SafeFileHandle handle, int flags, ref DepthParameters parameters, nint overlapped);

    [LibraryImport("virtdisk")]
    private static partial int MergeVirtualDisk(SafeFileHandle handle, int flags, ref DepthParameters parameters, nint overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ReadFile(SafeFileHandle handle, byte* buffer, int length, nint count, Overlapped* overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool WriteFile(SafeFileHandle handle, byte* buffer, int length, nint count, Overlapped* overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetOverlappedResult(
        SafeFileHandle handle, Overlapped* overlapped, out int count, [MarshalAs(UnmanagedType.Bool)] bool wait);

    /// <summary>VIRTUAL_STORAGE_TYPE.</summary>
    private struct StorageType
    {
        public int Device;
        public Guid Vendor;
    }

    /// <summary>CREATE_VIRTUAL_DISK_PARAMETERS, version 2.</summary>
    private struct CreateParameters
    {
        public long Version;
        public Guid UniqueId;
        public long MaximumSize;
        public int BlockSize;
        public int SectorSize;
        public int PhysicalSectorSize;
        public char* ParentPath;
        public char* SourcePath;
        public int OpenFlags;
        public StorageType ParentType;
        public StorageType SourceType;
        public Guid ResiliencyId;
    }

    /// <summary>OPEN_VIRTUAL_DISK_PARAMETERS: version 1 has the depth alone.</summary>
    private struct OpenParameters
    {
        public int Version;
        public int GetInfoOnlyOrDepth;
        public int ReadOnly;
        public Guid ResiliencyId;
    }

    /// <summary>OVERLAPPED.</summary>
    private struct Overlapped
    {
        public nint Internal;
        public nint InternalHigh;
        public long Offset;
        public nint Event;
    }

    /// <summary>COMPACT_ and MERGE_VIRTUAL_DISK_PARAMETERS, version 1: nothing, and the depth.</summary>
    private struct DepthParameters
    {
        public int Version;
        public int Depth;
        public int Reserved;
    }
}
