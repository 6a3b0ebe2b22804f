using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Storage.Native;

/// <summary>Linux: statx, whose layout is one on all processors; fallocate; posix_fadvise; QEMU's locks.</summary>
internal sealed partial class LinuxFile : UnixFile
{
    private const int AtCurrentFolder = -100;
    private const int AtEmptyPath = 0x1000;
    private const uint BasicStats = 0x7FF;
    private const int KeepSizeAndPunchHole = 0x1 | 0x2;
    private const int WillNeed = 3;
    private const int StatxLength = 256;
    private const int ModeAt = 28;
    private const int InodeAt = 32;
    private const int BlocksAt = 48;
    private const int DeviceMajorAt = 136;

    protected override int SeekData => 3;

    protected override int SeekHole => 4;

    public override FileFacts Look(string path)
    {
        Span<byte> stat = stackalloc byte[StatxLength];
        try
        {
            return StatPath(AtCurrentFolder, path, 0, BasicStats, ref MemoryMarshal.GetReference(stat)) == 0
                ? Decode(stat)
                : base.Look(path);
        }
        catch (EntryPointNotFoundException)
        {
            return base.Look(path);
        }
    }

    public override FileFacts Look(SafeFileHandle handle, string path)
    {
        Span<byte> stat = stackalloc byte[StatxLength];
        try
        {
            return StatHandle(handle, string.Empty, AtEmptyPath, BasicStats, ref MemoryMarshal.GetReference(stat)) == 0
                ? Decode(stat)
                : base.Look(handle, path);
        }
        catch (EntryPointNotFoundException)
        {
            return base.Look(handle, path);
        }
    }

    public override bool PunchHole(SafeFileHandle handle, long fileOffset, long length) =>
        Allocate(handle, KeepSizeAndPunchHole, fileOffset, length) == 0;

    public override void Prefetch(SafeFileHandle handle, long fileOffset, long length) =>
        _ = Advise(handle, fileOffset, length, WillNeed);

    public override bool TryClaim(SafeFileHandle handle, bool forWriting) => LinuxLocks.TryClaim(handle, forWriting);

    public override void ReleaseClaim(SafeFileHandle handle) => LinuxLocks.Release(handle);

    private static FileFacts Decode(ReadOnlySpan<byte> stat)
    {
        ulong device = MemoryMarshal.Read<ulong>(stat[DeviceMajorAt..]);
        ulong inode = MemoryMarshal.Read<ulong>(stat[InodeAt..]);
        long blocks = MemoryMarshal.Read<long>(stat[BlocksAt..]);
        return new FileFacts(
            KindOf(MemoryMarshal.Read<ushort>(stat[ModeAt..])), new FileIdentity(device, 0, inode, string.Empty), blocks * 512);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatPath(int folder, string path, int flags, uint mask, ref byte stat);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatHandle(SafeFileHandle handle, string path, int flags, uint mask, ref byte stat);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle handle, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle handle, long offset, long length, int advice);
}
