using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>Linux: statx, whose layout is one on all processors; fallocate; posix_fadvise, preadv2; QEMU's locks.</summary>
internal sealed partial class LinuxFile : UnixFile
{
    private const int AtCurrentFolder = -100;
    private const int AtEmptyPath = 0x1000;
    private const uint BasicStats = 0x7FF;
    private const int KeepSize = 0x1;
    private const int PunchHoleMode = 0x2;
    private const int WillNeed = 3;
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int NoSuchDataErrno = 6;
    private const int NoWait = 8;
    private const int StatxLength = 256;
    private const int ModeAt = 28;
    private const int InodeAt = 32;
    private const int BlocksAt = 48;
    private const int NodeMajorAt = 0x80;
    private const int DeviceMajorAt = 136;
    private const int StatfsLength = 256;
    private const nint Ext4Magic = 0xEF53;
    private const uint RenameNoReplace = 1;
    private const int InvalidErrno = 22;
    private const int NoSuchCallErrno = 38;
    private const int LinkCountAt = 16;
    private const int UserIdAt = 20;
    private const int GroupIdAt = 24;

    private static volatile bool _lacksReadVector;

    protected override int CloseOnExec => 0x80000;

    protected override bool TakesGroupOfFolder => false;

    public override FileFacts Stat(string path)
    {
        Span<byte> stat = stackalloc byte[StatxLength];
        try
        {
            return StatPath(AtCurrentFolder, path, 0, BasicStats, ref MemoryMarshal.GetReference(stat)) == 0
                ? Decode(stat)
                : NotThere(path) ?? base.Stat(path);
        }
        catch (EntryPointNotFoundException)
        {
            return base.Stat(path);
        }
    }

    public override FileFacts Stat(SafeFileHandle handle, string path)
    {
        Span<byte> stat = stackalloc byte[StatxLength];
        try
        {
            return StatHandle(handle, string.Empty, AtEmptyPath, BasicStats, ref MemoryMarshal.GetReference(stat)) == 0
                ? Decode(stat)
                : base.Stat(handle, path);
        }
        catch (EntryPointNotFoundException)
        {
            return base.Stat(handle, path);
        }
    }

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

    public override bool PunchHole(SafeFileHandle handle, long fileOffset, long length) =>
        Allocate(handle, KeepSize | PunchHoleMode, fileOffset, length) == 0;

    public override string? Share(SafeFileHandle source, long sourceOffset, long length, SafeFileHandle target, long fileOffset) =>
        LinuxSharing.Share(source, sourceOffset, length, target, fileOffset);

    public override SharingProbe ProbeSharing(SafeFileHandle source, string folder) => LinuxSharing.Probe(source, folder);

    public override void Reserve(SafeFileHandle handle, long fileOffset, long length)
    {
        // ext4 puts off giving places to new data, and does its books page by page; others do better without it.
        Span<byte> fileSystem = stackalloc byte[StatfsLength];
        if (StatFileSystem(handle, ref MemoryMarshal.GetReference(fileSystem)) == 0
            && MemoryMarshal.Read<nint>(fileSystem) == Ext4Magic)
        {
            _ = Allocate(handle, KeepSize, fileOffset, length);
        }
    }

    public override void Prefetch(SafeFileHandle handle, long fileOffset, long length)
    {
        // The system looks at each page of the range; two looks show most often that it knows them all.
        if (!IsCached(handle, fileOffset) || !IsCached(handle, fileOffset + length - 1))
        {
            _ = Advise(handle, fileOffset, length, WillNeed);
        }
    }

    public override void RenameToNew(string path, string newPath)
    {
        try
        {
            Retry(() => RenameAt(AtCurrentFolder, path, AtCurrentFolder, newPath, RenameNoReplace));
        }
        catch (Exception error) when (error is EntryPointNotFoundException or IOException { HResult: InvalidErrno or NoSuchCallErrno })
        {
            base.RenameToNew(path, newPath);
        }
    }

    protected override void CopyAttributes(OpenedFile source, OpenedFile target, ICollection<LostProtection> lost) =>
        LinuxAttributes.Copy(source.Handle, target.Handle, lost);

    protected override bool HasAccessList(string path) => LinuxAttributes.HasAccessList(path);

    public override bool TryClaim(SafeFileHandle handle, bool forWriting) => LinuxLocks.TryClaim(handle, forWriting);

    public override void ReleaseClaim(SafeFileHandle handle) => LinuxLocks.Release(handle);

    private static unsafe bool IsCached(SafeFileHandle handle, long fileOffset)
    {
        if (_lacksReadVector)
        {
            return false;
        }

        byte read;
        var vector = new Vector { Base = &read, Length = 1 };
        try
        {
            return ReadVector(handle, ref vector, 1, fileOffset, NoWait) == 1;
        }
        catch (EntryPointNotFoundException)
        {
            _lacksReadVector = true;
            return false;
        }
    }

    private static FileFacts Decode(ReadOnlySpan<byte> stat)
    {
        ulong device = MemoryMarshal.Read<ulong>(stat[DeviceMajorAt..]);
        ulong inode = MemoryMarshal.Read<ulong>(stat[InodeAt..]);
        long blocks = MemoryMarshal.Read<long>(stat[BlocksAt..]);
        ushort mode = MemoryMarshal.Read<ushort>(stat[ModeAt..]);
        return new FileFacts(KindOf(mode), new FileIdentity(device, 0, inode, string.Empty), blocks * 512)
        {
            LinkCount = MemoryMarshal.Read<uint>(stat[LinkCountAt..]),
            UserId = MemoryMarshal.Read<uint>(stat[UserIdAt..]),
            GroupId = MemoryMarshal.Read<uint>(stat[GroupIdAt..]),
            Mode = mode,
            DeviceMajor = MemoryMarshal.Read<uint>(stat[NodeMajorAt..]),
            DeviceMinor = MemoryMarshal.Read<uint>(stat[(NodeMajorAt + sizeof(uint))..]),
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatPath(int folder, string path, int flags, uint mask, ref byte stat);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatHandle(SafeFileHandle handle, string path, int flags, uint mask, ref byte stat);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle handle, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle handle, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameAt(int folder, string path, int newFolder, string newPath, uint flags);

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    private static partial int StatFileSystem(SafeFileHandle handle, ref byte stat);

    [LibraryImport("libc", EntryPoint = "preadv2")]
    private static partial nint ReadVector(SafeFileHandle handle, ref Vector vector, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle handle, long offset, long length, int advice);

    private unsafe struct Vector
    {
        public byte* Base;
        public nint Length;
    }
}
