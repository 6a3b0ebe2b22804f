using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS;

/// <summary>The checksums of one image.</summary>
public sealed class VpcChecksumResult : VpcObject
{
    internal VpcChecksumResult(ChecksumReport report)
        : base(report.Path)
    {
        VhdType = report.VhdType;
        IsValid = report.IsValid;
        Footer = Wrap(report.Footer);
        FooterCopy = Wrap(report.FooterCopy);
        Header = Wrap(report.Header);
    }

    /// <summary>The disk type.</summary>
    public VhdType VhdType { get; }

    /// <summary>Whether every structure that an image of this type must have is there and has a right checksum.</summary>
    public bool IsValid { get; }

    /// <summary>The footer at the end; null where there is none.</summary>
    public VpcChecksum? Footer { get; }

    /// <summary>The copy at the front; null for a fixed image, or where there is none.</summary>
    public VpcChecksum? FooterCopy { get; }

    /// <summary>The dynamic header; null for a fixed image, or where there is none.</summary>
    public VpcChecksum? Header { get; }

    private static VpcChecksum? Wrap(StructureChecksum? checksum) =>
        checksum is { } found ? new VpcChecksum(found.FileOffset, found.Stored, found.Computed) : null;
}
