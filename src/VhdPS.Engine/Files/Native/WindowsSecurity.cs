using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VhdPS.Engine.Files.Native;

/// <summary>Owner, group and access list of a file on Windows, as a self-relative security descriptor.</summary>
internal static partial class WindowsSecurity
{
    private const uint OwnerAndGroup = 0x3;
    private const uint AccessList = 0x4;
    private const ushort ListIsProtected = 0x1000;
    private const ushort ListWasInherited = 0x0400;
    private const ushort InheritRequest = 0x0100;
    private const int ControlAt = 2;

    /// <summary>Gives a new file owner, group and access list of another.</summary>
    public static IReadOnlyList<LostProtection> Copy(string sourcePath, string targetPath)
    {
        var lost = new List<LostProtection>();
        if (Read(sourcePath, OwnerAndGroup) is { } owner
            && !(Read(targetPath, OwnerAndGroup) is { } made && made.AsSpan().SequenceEqual(owner))
            && !Set(targetPath, OwnerAndGroup, ref owner[0]))
        {
            lost.Add(new LostProtection("owner and group", IsAccess: true));
        }

        if (Read(sourcePath, AccessList) is { } list && !SetList(targetPath, list))
        {
            lost.Add(new LostProtection("the access list", IsAccess: true));
        }

        return lost;
    }

    /// <summary>
    /// Gives a new file the access list of another that takes none from its folder: it was set by hand, to keep others out.
    /// </summary>
    public static void CopyProtectedList(string sourcePath, string targetPath)
    {
        if (Read(sourcePath, AccessList) is { } list
            && (BinaryPrimitives.ReadUInt16LittleEndian(list.AsSpan(ControlAt)) & ListIsProtected) != 0)
        {
            SetList(targetPath, list);
        }
    }

    private static bool SetList(string path, byte[] list)
    {
        // That entries came from the folder is kept only where it is asked for.
        Span<byte> control = list.AsSpan(ControlAt);
        ushort bits = BinaryPrimitives.ReadUInt16LittleEndian(control);
        BinaryPrimitives.WriteUInt16LittleEndian(control, (ushort)((bits & ListWasInherited) != 0 ? bits | InheritRequest : bits));
        return Set(path, AccessList, ref list[0]);
    }

    /// <summary>Null where the file system keeps none.</summary>
    private static byte[]? Read(string path, uint parts)
    {
        byte none = 0;
        _ = Get(path, parts, ref none, 0, out uint length);
        if (length is 0 or > 1 << 20)
        {
            return null;
        }

        byte[] descriptor = new byte[length];
        return Get(path, parts, ref descriptor[0], length, out _) ? descriptor : null;
    }

    [LibraryImport("advapi32", EntryPoint = "GetFileSecurityW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool Get(string path, uint parts, ref byte descriptor, uint length, out uint needed);

    [LibraryImport("advapi32", EntryPoint = "SetFileSecurityW", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool Set(string path, uint parts, ref byte descriptor);
}
