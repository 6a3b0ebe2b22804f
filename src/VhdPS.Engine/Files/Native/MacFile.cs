using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>macOS: stat with 64-bit inodes; F_PUNCHHOLE.</summary>
/// <remarks>
/// QUIRK(apfs): SEEK_DATA can report a hole where data is, even until the volume is mounted again, so it is never asked and
/// every byte counts as data. Sources: coreutils pull request 68, QEMU's launchpad bug 1776920.
/// </remarks>
internal sealed partial class MacFile : UnixFile
{
    private const int PunchHoleCommand = 99;
    private const int FullSyncCommand = 51;
    private const int NotSupportedErrno = 45;
    private const int InvalidErrno = 22;
    private const int NotATerminalErrno = 25;
    private const uint RenameExclusive = 4;
    private const uint CopyAccessList = 1;
    private const uint CopyExtendedAttributes = 4;
    private const int LinkCountAt = 6;
    private const int UserIdAt = 16;
    private const int GroupIdAt = 20;
    private const int StatLength = 256;
    private const int ModeAt = 4;
    private const int InodeAt = 8;
    private const int BlocksAt = 104;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    protected override int CloseOnExec => 0x1000000;

    protected override bool TakesGroupOfFolder => true;

    public override FileFacts Stat(string path)
    {
        Span<byte> stat = stackalloc byte[StatLength];
        ref byte first = ref MemoryMarshal.GetReference(stat);
        return (IsArm ? StatPath(path, ref first) : StatPath64(path, ref first)) == 0 ? Decode(stat) : NotThere(path) ?? base.Stat(path);
    }

    public override FileFacts Stat(SafeFileHandle handle, string path)
    {
        Span<byte> stat = stackalloc byte[StatLength];
        ref byte first = ref MemoryMarshal.GetReference(stat);
        return (IsArm ? StatHandle(handle, ref first) : StatHandle64(handle, ref first)) == 0
            ? Decode(stat)
            : base.Stat(handle, path);
    }

    public override bool PunchHole(SafeFileHandle handle, long fileOffset, long length)
    {
        // fpunchhole_t wants whole blocks of the file system; a range that is not is left to the caller to zero.
        Hole hole = new() { Offset = fileOffset, Length = length };
        return (IsArm
            ? ControlByStack(handle, PunchHoleCommand, 0, 0, 0, 0, 0, 0, ref hole)
            : Control(handle, PunchHoleCommand, ref hole)) == 0;
    }

    public override void Sync(SafeFileHandle handle)
    {
        try
        {
            // fsync alone leaves the data in the drive's own memory.
            Retry(() => Control(handle, FullSyncCommand, 0));
        }
        catch (IOException error) when (error.HResult is NotSupportedErrno or InvalidErrno or NotATerminalErrno)
        {
            // A network's file system has only the other.
            base.Sync(handle);
        }
    }

    public override void RenameToNew(string path, string newPath)
    {
        try
        {
            Retry(() => RenameExclusively(path, newPath, RenameExclusive));
        }
        catch (IOException error) when (error.HResult is NotSupportedErrno or InvalidErrno)
        {
            base.RenameToNew(path, newPath);
        }
    }

    protected override void CopyAttributes(OpenedFile source, OpenedFile target, ICollection<LostProtection> lost)
    {
        if (CopyFile(source.Handle, target.Handle, 0, CopyAccessList) < 0)
        {
            lost.Add(new LostProtection("the access list", IsAccess: true));
        }

        if (CopyFile(source.Handle, target.Handle, 0, CopyExtendedAttributes) < 0)
        {
            lost.Add(new LostProtection("extended attributes", IsAccess: false));
        }
    }

    // Lists on macOS only add rights or take them from named users; the mode's group bits are the group's own.
    protected override bool HasAccessList(string path) => false;

    private static FileFacts Decode(ReadOnlySpan<byte> stat)
    {
        ulong device = MemoryMarshal.Read<uint>(stat);
        ulong inode = MemoryMarshal.Read<ulong>(stat[InodeAt..]);
        long blocks = MemoryMarshal.Read<long>(stat[BlocksAt..]);
        ushort mode = MemoryMarshal.Read<ushort>(stat[ModeAt..]);
        return new FileFacts(KindOf(mode), new FileIdentity(device, 0, inode, string.Empty), blocks * 512)
        {
            LinkCount = MemoryMarshal.Read<ushort>(stat[LinkCountAt..]),
            UserId = MemoryMarshal.Read<uint>(stat[UserIdAt..]),
            GroupId = MemoryMarshal.Read<uint>(stat[GroupIdAt..]),
            Mode = mode,
        };
    }

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatPath(string path, ref byte stat);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatPath64(string path, ref byte stat);

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    private static partial int StatHandle(SafeFileHandle handle, ref byte stat);

    [LibraryImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int StatHandle64(SafeFileHandle handle, ref byte stat);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, int command, ref Hole hole);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, int command, int argument);

    [LibraryImport("libc", EntryPoint = "renamex_np", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameExclusively(string path, string newPath, uint flags);

    [LibraryImport("libc", EntryPoint = "fcopyfile", SetLastError = true)]
    private static partial int CopyFile(SafeFileHandle source, SafeFileHandle target, nint state, uint flags);

    /// <summary>
    /// Apple's arm64 passes all variadic arguments on the stack: six that no one reads fill the registers that are left, and the
    /// next is where fcntl looks for its third.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int ControlByStack(
        SafeFileHandle handle, int command, nint third, nint fourth, nint fifth, nint sixth, nint seventh, nint eighth, ref Hole hole);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Hole
    {
        public uint Flags;
        public uint Reserved;
        public long Offset;
        public long Length;
    }
}
