namespace VhdPS.Engine.Chains;

/// <summary>What a file's name says about its content.</summary>
internal static class ImageName
{
    /// <summary>Whether the extension is that of a VHD: .vhd or .avhd.</summary>
    public static bool IsVhd(string path) => Path.GetExtension(path).ToUpperInvariant() is ".VHD" or ".AVHD";

    /// <summary>Whether the extension is that of a VHDX: .vhdx or .avhdx.</summary>
    public static bool IsVhdx(string path) => Path.GetExtension(path).ToUpperInvariant() is ".VHDX" or ".AVHDX";

    /// <summary>Whether the extension is that of a disk image that can depend on another one: .vhd, .avhd, .vhdx or .avhdx.</summary>
    public static bool IsDiskImage(string path) => IsVhd(path) || IsVhdx(path);
}
