using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>
/// The locks by which QEMU's programs tell each other what they do with an image, and which the locks of .NET do not meet:
/// a shared lock on byte 100 + n of the file says "I do n", one on byte 200 + n "no one else may do n". They belong to the
/// open file and go with it. Source: QEMU, block/file-posix.c, raw_apply_lock_bytes and raw_check_lock_bytes.
/// </summary>
internal static partial class LinuxLocks
{
    private const int GetLock = 36;
    private const int SetLock = 37;
    private const short ReadLock = 0;
    private const short WriteLock = 1;
    private const short Unlocked = 2;
    private const long DoneBase = 100;
    private const long DeniedBase = 200;
    private const int Read = 0;
    private const int Write = 1;
    private const int Resize = 3;
    private const int KindCount = 4;

    /// <summary>Announces what the handle is for; false where that goes against what another program has announced.</summary>
    public static bool TryClaim(SafeFileHandle handle, bool forWriting)
    {
        if (!Environment.Is64BitProcess)
        {
            // The structure below is that of 64-bit systems.
            return true;
        }

        // Announced before it is asked, so that of two that come at once not both go on. File systems without locks fail both.
        if (forWriting)
        {
            Announce(handle, DoneBase, KindCount);
            Announce(handle, DeniedBase, KindCount);
            return IsFree(handle, DoneBase, KindCount) && IsFree(handle, DeniedBase, KindCount);
        }

        Announce(handle, DoneBase + Read, 1);
        Announce(handle, DeniedBase + Write, 1);
        Announce(handle, DeniedBase + Resize, 1);
        return IsFree(handle, DoneBase + Write, 1) && IsFree(handle, DoneBase + Resize, 1) && IsFree(handle, DeniedBase + Read, 1);
    }

    /// <summary>
    /// Takes back what was announced. Closing the file alone would not: a process that is being started holds a copy of
    /// every open file for a moment, and with it the locks.
    /// </summary>
    public static void Release(SafeFileHandle handle)
    {
        if (Environment.Is64BitProcess)
        {
            var range = new Range { Kind = Unlocked, Start = DoneBase, Length = DeniedBase + KindCount - DoneBase };
            _ = Control(handle, SetLock, ref range);
        }
    }

    private static void Announce(SafeFileHandle handle, long start, long length)
    {
        var range = new Range { Kind = ReadLock, Start = start, Length = length };
        _ = Control(handle, SetLock, ref range);
    }

    private static bool IsFree(SafeFileHandle handle, long start, long length)
    {
        var range = new Range { Kind = WriteLock, Start = start, Length = length };
        return Control(handle, GetLock, ref range) != 0 || range.Kind == Unlocked;
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, int command, ref Range range);

    [StructLayout(LayoutKind.Sequential)]
    private struct Range
    {
        public short Kind;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
