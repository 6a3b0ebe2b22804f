using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS;

/// <summary>A hard disk footer, decoded; every field by the specification's name.</summary>
public sealed class VpcFooter : VpcObject
{
    private readonly HardDiskFooter _footer;

    internal VpcFooter(string path, StoredFooter stored)
        : base(path)
    {
        _footer = stored.Footer;
        FileOffset = stored.FileOffset;
    }

    /// <summary>Bytes from the start of the file to the footer.</summary>
    public long FileOffset { get; }

    /// <summary>"conectix" in every sound image.</summary>
    public string Cookie => _footer.Cookie;

    /// <summary>Feature bits.</summary>
    public VpcFeatures Features => (VpcFeatures)_footer.Features;

    /// <summary>File format version.</summary>
    public Version FileFormatVersion => ToVersion(_footer.FormatVersion);

    /// <summary>File offset of the dynamic header in bytes; 0xFFFFFFFFFFFFFFFF where there is none.</summary>
    public ulong DataOffset => _footer.DataOffset;

    /// <summary>When the image was made, UTC.</summary>
    public DateTime TimeStamp => _footer.TimeStamp;

    /// <summary>Four characters that name the program that made the image.</summary>
    public string CreatorApplication => _footer.CreatorApplication;

    /// <summary>The version of that program.</summary>
    public Version CreatorVersion => ToVersion(_footer.CreatorVersion);

    /// <summary>Four characters that name the system it ran on.</summary>
    public string CreatorHostOS => _footer.CreatorHostOS;

    /// <summary>The virtual size at creation, in bytes.</summary>
    public ulong OriginalSize => _footer.OriginalSize;

    /// <summary>The virtual size now, in bytes.</summary>
    public ulong CurrentSize => _footer.CurrentSize;

    /// <summary>Cylinders, heads, sectors per track.</summary>
    public DiskGeometry DiskGeometry => _footer.Geometry;

    /// <summary>The disk type.</summary>
    public VhdType DiskType => _footer.DiskType;

    /// <summary>The stored checksum.</summary>
    public uint Checksum => _footer.Checksum;

    /// <summary>The checksum of the bytes as stored.</summary>
    public uint ComputedChecksum => _footer.ComputedChecksum;

    /// <summary>Whether the stored checksum is that of the bytes.</summary>
    public bool IsChecksumValid => _footer.IsChecksumValid;

    /// <summary>The identity that children name.</summary>
    public Guid UniqueId => _footer.UniqueId;

    /// <summary>Whether a virtual machine's state is saved with the image.</summary>
    public bool SavedState => _footer.SavedState != 0;

    /// <summary>Whether the byte is set with which Xen's tools hide an image while they work on it.</summary>
    public bool Hidden => _footer.Reserved[0] != 0;

    internal static Version ToVersion(uint value) => new((int)(value >> 16), (int)(value & 0xFFFF));

    /// <inheritdoc/>
    public override string ToString() =>
        $"{DiskType}, {VpcSize.Format(CurrentSize)}, {(IsChecksumValid ? "checksum valid" : "checksum wrong")}";
}
