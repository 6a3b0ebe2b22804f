using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>A dynamic disk header, decoded; every field by the specification's name.</summary>
public sealed class VpcHeader : VpcObject
{
    private readonly DynamicDiskHeader _header;

    internal VpcHeader(string path, DynamicDiskHeader header, long fileOffset)
        : base(path)
    {
        _header = header;
        FileOffset = fileOffset;
    }

    /// <summary>Bytes from the start of the file to the header.</summary>
    public long FileOffset { get; }

    /// <summary>"cxsparse" in every sound image.</summary>
    public string Cookie => _header.Cookie;

    /// <summary>The header's own "data offset": 0xFFFFFFFFFFFFFFFF in sound images.</summary>
    public ulong DataOffset => _header.NextOffset;

    /// <summary>File offset of the block allocation table in bytes.</summary>
    public ulong TableOffset => _header.TableOffset;

    /// <summary>Header version.</summary>
    public Version HeaderVersion => VpcFooter.ToVersion(_header.HeaderVersion);

    /// <summary>Entries in the table.</summary>
    public uint MaxTableEntries => _header.MaxTableEntries;

    /// <summary>Bytes of data in a block.</summary>
    public uint BlockSize => _header.BlockSize;

    /// <summary>The stored checksum.</summary>
    public uint Checksum => _header.Checksum;

    /// <summary>The checksum of the bytes as stored.</summary>
    public uint ComputedChecksum => _header.ComputedChecksum;

    /// <summary>Whether the stored checksum is that of the bytes.</summary>
    public bool IsChecksumValid => _header.IsChecksumValid;

    /// <summary>The unique id of the parent.</summary>
    public Guid ParentUniqueId => _header.ParentUniqueId;

    /// <summary>The parent's modification time, UTC.</summary>
    public DateTime ParentTimeStamp => _header.ParentTimeStamp;

    /// <summary>The parent's name.</summary>
    public string ParentUnicodeName => _header.ParentUnicodeName;

    /// <summary>The parent locators in use.</summary>
    public VpcList<ParentLocator> ParentLocators => new([.. _header.ParentLocators.Where(locator => locator.IsUsed)]);

    /// <inheritdoc/>
    public override string ToString() => $"{MaxTableEntries} blocks of {VpcSize.Format(BlockSize)}";
}
