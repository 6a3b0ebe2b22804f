using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>
/// Extents that several files have, on XFS, btrfs and what else knows FICLONERANGE. The system itself writes out the source's
/// range first and waits for it (generic_remap_file_range_prep), and refuses offsets that are not on clusters.
/// </summary>
internal static partial class LinuxSharing
{
    private const ulong CloneRangeRequest = 0x4020_940D;
    private const int StatfsLength = 256;
    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;
    private const int UnnamedFile = 0x400000;
    private const int OwnerOnly = 0x180;
    private const int InterruptedErrno = 4;
    private const int OtherVolumeErrno = 18;
    private const int InvalidErrno = 22;
    private const int NotForThisErrno = 25;
    private const int NotSupportedErrno = 95;

    // O_DIRECTORY has two values, by the processor.
    private static int Folder =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x4000 : 0x10000;

    /// <summary>See <see cref="PlatformFile.Share"/>.</summary>
    public static string? Share(SafeFileHandle source, long sourceOffset, long length, SafeFileHandle target, long fileOffset)
    {
        bool isHeld = false;
        try
        {
            source.DangerousAddRef(ref isHeld);
            var range = new CloneRange
            {
                Source = source.DangerousGetHandle(),
                SourceOffset = (ulong)sourceOffset,
                Length = (ulong)length,
                TargetOffset = (ulong)fileOffset,
            };
            while (Control(target, CloneRangeRequest, ref range) != 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno != InterruptedErrno)
                {
                    return Describe(errno);
                }
            }

            return null;
        }
        finally
        {
            if (isHeld)
            {
                source.DangerousRelease();
            }
        }
    }

    /// <summary>See <see cref="PlatformFile.ProbeSharing"/>: tried with a file that never gets a name.</summary>
    public static SharingProbe Probe(SafeFileHandle source, string folder)
    {
        Span<byte> fileSystem = stackalloc byte[StatfsLength];
        if (StatFileSystem(source, ref MemoryMarshal.GetReference(fileSystem)) != 0)
        {
            return new SharingProbe(0, Describe(Marshal.GetLastPInvokeError()));
        }

        long clusterBytes = MemoryMarshal.Read<nint>(fileSystem[IntPtr.Size..]);
        if (clusterBytes is < 512 or > 1 << 20 || RandomAccess.GetLength(source) < clusterBytes)
        {
            return new SharingProbe(0, "the source is too small");
        }

        int descriptor = Open(folder, ReadWrite | CloseOnExec | UnnamedFile | Folder, OwnerOnly);
        if (descriptor < 0)
        {
            return new SharingProbe((int)clusterBytes, Describe(Marshal.GetLastPInvokeError()));
        }

        using var target = new SafeFileHandle(descriptor, ownsHandle: true);
        return new SharingProbe((int)clusterBytes, Share(source, 0, clusterBytes, target, 0));
    }

    private static string Describe(int errno) => errno switch
    {
        OtherVolumeErrno => "source and target lie on different volumes",
        NotForThisErrno or NotSupportedErrno => "the file system cannot",
        InvalidErrno => "the file system does not for these files",
        _ => $"the file system says: {Marshal.GetPInvokeErrorMessage(errno)}",
    };

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle target, ulong request, ref CloneRange range);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int StatFileSystem(SafeFileHandle handle, ref byte stat);

    private struct CloneRange
    {
        public long Source;
        public ulong SourceOffset;
        public ulong Length;
        public ulong TargetOffset;
    }
}
