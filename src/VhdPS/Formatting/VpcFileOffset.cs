using static System.FormattableString;

namespace VhdPS;

/// <summary>Places in a file human-readable: decimal as other tools take them, hexadecimal as editors show them.</summary>
public static class VpcFileOffset
{
    /// <summary>Bytes from the start of the file, in both notations.</summary>
    public static string Format(long fileOffset) =>
        Invariant($"file offset {fileOffset} (0x{fileOffset:X})");
}
