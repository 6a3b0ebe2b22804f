using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Storage.Native;

/// <summary>
/// The byte locks by which QEMU's programs keep each other off an image (Linux open file description locks). For each
/// permission that a program uses it holds byte 100 + n, for each that it lets no other use byte 200 + n, all shared; who
/// comes looks whether a byte that rules him out is held. The kernel lets go of them when the file is closed or the
/// process ends. Source: observed with qemu-io 7.2 and lslocks; QEMU, docs on image locking.
/// </summary>
internal static partial class QemuLocks
{
    private const int UsedBase = 100;
    private const int UnsharedBase = 200;

    private const int ConsistentRead = 0;
    private const int Write = 1;
    private const int WriteUnchanged = 2;
    private const int Resize = 3;

    private const int GetLockCommand = 36;
    private const int SetLockCommand = 37;
    private const short ReadLock = 0;
    private const short WriteLock = 1;
    private const short NoLock = 2;

    private static readonly int[] ReaderUses = [ConsistentRead];
    private static readonly int[] ReaderLetsNoOtherUse = [Write, Resize];
    private static readonly int[] WriterUses = [ConsistentRead, Write, WriteUnchanged, Resize];

    /// <summary>Takes the locks; false where another's rule the access out. True where the file system knows no such locks.</summary>
    public static bool TryTake(SafeFileHandle handle, bool forWriting)
    {
        if (nint.Size != sizeof(long))
        {
            // The structure has another layout there.
            return true;
        }

        int[] uses = forWriting ? WriterUses : ReaderUses;
        int[] unshared = forWriting ? WriterUses : ReaderLetsNoOtherUse;

        // First take, then look: of two that come at once both may be refused, but never both let in.
        foreach (int place in uses.Select(use => UsedBase + use).Concat(unshared.Select(use => UnsharedBase + use)))
        {
            var held = new RecordLock { Type = ReadLock, Start = place, Length = 1 };
            if (Control(handle, SetLockCommand, ref held) != 0)
            {
                return true;
            }
        }

        return !uses.Any(use => IsHeld(handle, UnsharedBase + use)) && !unshared.Any(use => IsHeld(handle, UsedBase + use));
    }

    /// <summary>Whether another open file holds a byte.</summary>
    private static bool IsHeld(SafeFileHandle handle, int place)
    {
        var wanted = new RecordLock { Type = WriteLock, Start = place, Length = 1 };
        return Control(handle, GetLockCommand, ref wanted) == 0 && wanted.Type != NoLock;
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, int command, ref RecordLock argument);

    /// <summary>struct flock of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RecordLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
