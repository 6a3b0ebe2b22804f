using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>Which format an image file has, by its content; what is neither counts as a VHD, whose readers say what is wrong.</summary>
internal static class FormatProbe
{
    /// <summary>What keeps a VHDX from being used as a VHD.</summary>
    internal static readonly Finding IsVhdx = new(
        FaultCode.VhdxInsteadOfVhd, VhdStructure.File, null, "a VHD image", "a VHDX image",
        "VHDX images are read, checked and converted, but have no VHD's structures and are not changed in place.");

    private static ReadOnlySpan<byte> VhdxSignature => "vhdxfile"u8;

    /// <summary>The format of a file.</summary>
    /// <exception cref="VhdFormatException">It may be both, and its name does not say which.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static VhdFormat Of(ImageFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        Span<byte> start = stackalloc byte[VhdxSignature.Length];
        return Of(file, start[..file.ReadAt(0, start)]);
    }

    /// <summary>The format of a file whose first bytes have been read.</summary>
    internal static VhdFormat Of(ImageFile file, ReadOnlySpan<byte> start)
    {
        if (!start.StartsWith(VhdxSignature))
        {
            return VhdFormat.Vhd;
        }

        // Offset 0 of a fixed VHD and the last sector of a VHDX are the guest's, who may write either signature there.
        return !EndsAsVhd(file) ? VhdFormat.Vhdx : Path.GetExtension(file.Path).ToUpperInvariant() switch
        {
            ".VHD" or ".AVHD" => VhdFormat.Vhd,
            ".VHDX" or ".AVHDX" => VhdFormat.Vhdx,
            _ => throw new VhdFormatException(file.Path, new Finding(
                FaultCode.VhdxOrVhdAmbiguous, VhdStructure.File, null, "the extension .vhd or .vhdx", Path.GetExtension(file.Path),
                "The file begins as a VHDX image and ends as a VHD, and its name does not say which it is.")),
        };
    }

    /// <summary>Refuses a VHDX where only a VHD can be used.</summary>
    /// <exception cref="VhdFormatException">The file is one, or may be.</exception>
    internal static void ThrowIfVhdx(ImageFile file)
    {
        if (Of(file) == VhdFormat.Vhdx)
        {
            throw new VhdFormatException(file.Path, IsVhdx);
        }
    }

    private static bool EndsAsVhd(ImageFile file)
    {
        Span<byte> tail = stackalloc byte[VhdSpec.FooterSize];
        if (file.Length < tail.Length || file.ReadAt(file.Length - tail.Length, tail) < tail.Length)
        {
            return false;
        }

        var footer = HardDiskFooter.Parse(tail);
        return footer.HasCookie && footer.IsChecksumValid;
    }
}
