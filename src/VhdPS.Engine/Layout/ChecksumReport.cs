using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Layout;

/// <summary>The checksum of one structure, as stored and as computed.</summary>
/// <param name="FileOffset">Bytes from the start of the file to the structure.</param>
/// <param name="Stored">The checksum in the file.</param>
/// <param name="Computed">The checksum of the bytes as stored.</param>
internal readonly record struct StructureChecksum(long FileOffset, uint Stored, uint Computed);

/// <summary>The checksums of footer, footer copy and header, whatever else the file holds.</summary>
internal sealed class ChecksumReport
{
    private ChecksumReport(string path, VhdType type)
    {
        Path = path;
        VhdType = type;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The disk type by the authoritative footer, or by the one there is.</summary>
    public VhdType VhdType { get; }

    /// <summary>The footer at the end; null where there is none.</summary>
    public StructureChecksum? Footer { get; private init; }

    /// <summary>The copy at the front; null for a fixed image, or where there is none.</summary>
    public StructureChecksum? FooterCopy { get; private init; }

    /// <summary>The dynamic header; null for a fixed image, or where there is none.</summary>
    public StructureChecksum? Header { get; private init; }

    /// <summary>Whether every structure that an image of this type must have is there and has a right checksum.</summary>
    public bool IsValid => Holds(Footer) && (VhdType == VhdType.Fixed || (Holds(FooterCopy) && Holds(Header)));

    /// <summary>Reads the structures of a file.</summary>
    /// <exception cref="VhdFormatException">The file is no VHD image.</exception>
    public static ChecksumReport Read(ImageFile file)
    {
        FooterPair footers = FooterPair.Read(file);
        var findings = new List<Finding>();
        StoredFooter? stored = footers.Choose(findings, force: true);
        if (stored is null)
        {
            throw new VhdFormatException(file.Path, findings[0]);
        }

        bool isFixed = stored.Footer.DiskType == VhdType.Fixed;
        return new ChecksumReport(file.Path, stored.Footer.DiskType)
        {
            Footer = Of(footers.End),
            FooterCopy = isFixed ? null : Of(footers.Front),
            Header = isFixed ? null : ReadHeader(file, stored.Footer.DataOffset),
        };
    }

    private static bool Holds(StructureChecksum? checksum) => checksum is { } found && found.Stored == found.Computed;

    private static StructureChecksum? Of(StoredFooter? stored) => stored is null
        ? null
        : new StructureChecksum(stored.FileOffset, stored.Footer.Checksum, stored.Footer.ComputedChecksum);

    private static StructureChecksum? ReadHeader(ImageFile file, ulong offset)
    {
        if (offset > (ulong)file.Length)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[VhdSpec.HeaderSize];
        if (file.ReadAt((long)offset, bytes) < bytes.Length)
        {
            return null;
        }

        var header = DynamicDiskHeader.Parse(bytes);
        return header.HasCookie ? new StructureChecksum((long)offset, header.Checksum, header.ComputedChecksum) : null;
    }
}
