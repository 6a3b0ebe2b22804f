using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files.Native;

/// <summary>
/// A file's extended attributes on Linux: the access list, the label of SELinux, capabilities, and what users keep with a
/// file. Source: xattr(7).
/// </summary>
internal static partial class LinuxAttributes
{
    private const string AccessList = "system.posix_acl_access";
    private const int MaxBytes = 64 * 1024;
    private const int NoDataErrno = 61;
    private const int NotSupportedErrno = 95;

    /// <summary>Gives a new file the attributes of another, and takes an access list that its folder gave it.</summary>
    public static void Copy(SafeFileHandle source, SafeFileHandle target, ICollection<LostProtection> lost)
    {
        byte[] buffer = new byte[MaxBytes];
        string[] names = List(source, buffer, lost);
        if (!names.Contains(AccessList) && Remove(target, AccessList) < 0
            && Marshal.GetLastPInvokeError() is not (NoDataErrno or NotSupportedErrno))
        {
            lost.Add(new LostProtection("that there is no access list", IsAccess: true));
        }

        foreach (string name in names)
        {
            // Signatures of the old content say nothing of the new.
            if (name is "security.ima" or "security.evm")
            {
                continue;
            }

            nint length = Get(source, name, ref buffer[0], MaxBytes);
            if ((length < 0 && Marshal.GetLastPInvokeError() != NoDataErrno)
                || (length >= 0 && !IsEqual(target, name, buffer.AsSpan(0, (int)length))
                    && Set(target, name, ref buffer[0], length, 0) < 0))
            {
                lost.Add(new LostProtection($"the attribute {name}", IsAccess: name.StartsWith("system.", StringComparison.Ordinal)));
            }
        }
    }

    /// <summary>Whether a file has an access list beside its mode.</summary>
    public static bool HasAccessList(string path)
    {
        byte none = 0;
        return GetByPath(path, AccessList, ref none, 0) > 0;
    }

    private static string[] List(SafeFileHandle file, byte[] buffer, ICollection<LostProtection> lost)
    {
        nint length = ListNames(file, ref buffer[0], MaxBytes);
        if (length < 0 && Marshal.GetLastPInvokeError() != NotSupportedErrno)
        {
            lost.Add(new LostProtection("extended attributes", IsAccess: false));
        }

        return length <= 0 ? [] : Encoding.UTF8.GetString(buffer, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool IsEqual(SafeFileHandle file, string name, ReadOnlySpan<byte> value)
    {
        byte[] actual = new byte[MaxBytes];
        nint length = Get(file, name, ref actual[0], MaxBytes);
        return length == value.Length && value.SequenceEqual(actual.AsSpan(0, value.Length));
    }

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    private static partial nint ListNames(SafeFileHandle file, ref byte names, nint size);

    [LibraryImport("libc", EntryPoint = "fgetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint Get(SafeFileHandle file, string name, ref byte value, nint size);

    [LibraryImport("libc", EntryPoint = "getxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint GetByPath(string path, string name, ref byte value, nint size);

    [LibraryImport("libc", EntryPoint = "fsetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Set(SafeFileHandle file, string name, ref byte value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "fremovexattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Remove(SafeFileHandle file, string name);
}
