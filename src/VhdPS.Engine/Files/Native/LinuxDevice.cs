using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>What Linux says of block devices.</summary>
internal static partial class LinuxDevice
{
    private const int OpenExclusive = 0x80;
    private const int OpenCloseOnExec = 0x80000;
    private const int BusyErrno = 16;
    private const int SeekEnd = 2;
    private const nuint GetLogicalSectorSize = 0x1268;
    private const nuint GetPhysicalSectorSize = 0x127B;

    /// <summary>Whether anything, a mounted file system or a volume of many disks, has claimed a device or a part of it.</summary>
    public static bool IsClaimed(string path)
    {
        // Of a block device this flag asks for the claim that mounting takes. It is given back at once: readers share.
        using var handle = new SafeFileHandle(Open(path, OpenExclusive | OpenCloseOnExec), ownsHandle: true);
        return handle.IsInvalid && Marshal.GetLastPInvokeError() == BusyErrno;
    }

    /// <summary>Bytes of the device.</summary>
    /// <exception cref="IOException">The system does not tell.</exception>
    public static long LengthOf(SafeFileHandle handle)
    {
        long length = Seek(handle, 0, SeekEnd);
        return length >= 0 ? length : throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }

    /// <summary>Bytes of a sector, logical and physical; 512 where the system does not tell.</summary>
    public static (int Logical, int Physical) SectorSizesOf(SafeFileHandle handle)
    {
        int logical = 0, physical = 0;
        bool isKnown = Control(handle, GetLogicalSectorSize, ref logical) == 0 && Control(handle, GetPhysicalSectorSize, ref physical) == 0;
        return isKnown && logical is 512 or 4096 ? (logical, Math.Max(logical, physical)) : (512, 512);
    }

    /// <summary>
    /// Whether all that is mounted of a device, or of a part of it, is mounted for reading; false where nothing is found to be.
    /// </summary>
    /// <param name="major">The device's major number.</param>
    /// <param name="minor">The device's minor number.</param>
    public static bool IsMountedForReadingOnly(uint major, uint minor)
    {
        HashSet<string> numbers = [$"{major}:{minor}", .. PartsOf(major, minor)];
        bool isMounted = false;
        foreach (string line in ReadLines("/proc/self/mountinfo"))
        {
            // 36 35 98:0 /root /mount rw,noatime shared:1 - ext3 /dev/root rw,errors=continue
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-");
            if (fields.Length > 6 && separator >= 0 && separator + 3 < fields.Length && numbers.Contains(fields[2]))
            {
                isMounted = true;
                if (fields[separator + 3].Split(',').Contains("rw"))
                {
                    return false;
                }
            }
        }

        return isMounted;
    }

    private static IEnumerable<string> PartsOf(uint major, uint minor)
    {
        string folder = $"/sys/dev/block/{major}:{minor}";
        return Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Select(part => Path.Combine(part, "dev")).Where(File.Exists)
                .SelectMany(ReadLines).Select(number => number.Trim())
            : [];
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle handle, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(SafeFileHandle handle, nuint request, ref int value);
}
