namespace VhdPS.Engine.Vhdx;

/// <summary>Constants of the Virtual Hard Disk v2 (VHDX) file format, MS-VHDX. All integers in a file are little-endian.</summary>
/// <remarks>
/// <code>
/// +------------------------------+ 0
/// | file identifier       64 KiB |   "vhdxfile", creator
/// | header 1              64 KiB |   4 KiB are used; the valid one with the higher sequence number is current
/// | header 2              64 KiB |
/// | region table 1        64 KiB |   where the table and the metadata are
/// | region table 2        64 KiB |
/// | reserved                     |
/// +------------------------------+ 1 MiB; everything below lies on whole MiB, in any order
/// | log                          |   header.LogOffset, header.LogLength; a circle of entries of 4 KiB sectors
/// | metadata region              |   table of 64 KiB, then the items
/// | block allocation table       |   uint64 a block, and one a chunk for its sector bitmap
/// | payload blocks               |   1 to 256 MiB
/// | sector bitmap blocks         |   1 MiB for a chunk of 2^23 sectors; bit 0 of byte 0 is its first sector
/// +------------------------------+ end
/// </code>
/// </remarks>
internal static class VhdxSpec
{
    /// <summary>1 MiB: the unit, in bytes, of regions, blocks and table entries.</summary>
    public const int Mebibyte = 1024 * 1024;

    /// <summary>Bytes at the front of the file that hold identifier, headers and region tables.</summary>
    public const int HeaderAreaSize = Mebibyte;

    /// <summary>Bytes of the file identifier: its signature and the creator.</summary>
    public const int FileIdentifierSize = 520;

    /// <summary>Bytes of a header.</summary>
    public const int HeaderSize = 4096;

    /// <summary>File offset of the first header.</summary>
    public const int Header1Offset = 64 * 1024;

    /// <summary>File offset of the second header.</summary>
    public const int Header2Offset = 128 * 1024;

    /// <summary>Bytes of a region table.</summary>
    public const int RegionTableSize = 64 * 1024;

    /// <summary>File offset of the first region table.</summary>
    public const int RegionTable1Offset = 192 * 1024;

    /// <summary>File offset of the second region table.</summary>
    public const int RegionTable2Offset = 256 * 1024;

    /// <summary>The most entries of a region table.</summary>
    public const int MaxRegionCount = 2047;

    /// <summary>The file format version that is known.</summary>
    public const ushort Version = 1;

    /// <summary>The log version that is known.</summary>
    public const ushort LogVersion = 0;

    /// <summary>Bytes of a metadata table.</summary>
    public const int MetadataTableSize = 64 * 1024;

    /// <summary>The most system entries of a metadata table.</summary>
    public const int MaxSystemItemCount = 1023;

    /// <summary>The most user entries of a metadata table.</summary>
    public const int MaxUserItemCount = 1024;

    /// <summary>The most bytes of a metadata item.</summary>
    public const int MaxItemSize = Mebibyte;

    /// <summary>The most bytes that the items of the system, or those of users, take together.</summary>
    public const long MaxItemsSize = 40L * Mebibyte;

    /// <summary>The most bytes of the metadata region.</summary>
    public const long MaxMetadataRegionSize = 128L * Mebibyte;

    /// <summary>The most bytes of the region of the block allocation table.</summary>
    public const long MaxTableRegionSize = 513L * Mebibyte;

    /// <summary>The most key-value pairs of a parent locator.</summary>
    public const int MaxLocatorPairCount = 256;

    /// <summary>Bytes of an entry of the block allocation table.</summary>
    public const int TableEntrySize = 8;

    /// <summary>Sectors of a chunk: as many as a bitmap block has bits.</summary>
    public const long SectorsPerChunk = 8L * Mebibyte;

    /// <summary>The smallest block, in bytes.</summary>
    public const int MinBlockSize = Mebibyte;

    /// <summary>The largest block, in bytes.</summary>
    public const int MaxBlockSize = 256 * Mebibyte;

    /// <summary>The block size that Hyper-V uses for new dynamic images, in bytes.</summary>
    public const int DefaultBlockSize = 32 * Mebibyte;

    /// <summary>The block size that Hyper-V uses for new differencing images, in bytes.</summary>
    public const int DefaultChildBlockSize = 2 * Mebibyte;

    /// <summary>The largest virtual size, in bytes: 64 TiB.</summary>
    public const long MaxSize = 64L << 40;

    /// <summary>The log of a new image, in bytes.</summary>
    public const int DefaultLogSize = Mebibyte;

    /// <summary>Bytes of a log sector: the unit of entries and of what they change.</summary>
    public const int LogSectorSize = 4096;

    /// <summary>The longest log that is replayed, in bytes; every known writer makes logs of 1 MiB.</summary>
    public const long MaxReplayedLogSize = 1L << 30;

    /// <summary>The most changes of a log that are kept in memory.</summary>
    public const int MaxReplayedChangeCount = 256 * 1024;

    /// <summary>The first byte of the file that a log may change: the region tables and all that follows.</summary>
    public const long LoggedAreaOffset = RegionTable1Offset;

    /// <summary>No offset in a file passes this, in bytes: 4 EiB, so that adding a length to one never overflows.</summary>
    public const long MaxFileOffset = 1L << 62;

    /// <summary>The longest file whose blocks are all searched for overlaps; no disk of 64 TiB needs as much.</summary>
    public const long MaxCheckedFileLength = 128L << 40;

    /// <summary>The region of the block allocation table.</summary>
    public static readonly Guid TableRegion = new("2DC27766-F623-4200-9D64-115E9BFD4A08");

    /// <summary>The region of the metadata.</summary>
    public static readonly Guid MetadataRegion = new("8B7CA206-4790-4B9A-B8FE-575F050F886E");

    /// <summary>The item with block size and type.</summary>
    public static readonly Guid FileParametersItem = new("CAA16737-FA36-4D43-B3B6-33F0AA44E76B");

    /// <summary>The item with the virtual size.</summary>
    public static readonly Guid VirtualSizeItem = new("2FA54224-CD1B-4876-B211-5DBED83BF4B8");

    /// <summary>The item with the disk's identity, which the SCSI page 83 shows.</summary>
    public static readonly Guid VirtualDiskIdItem = new("BECA12AB-B2E6-4523-93EF-C309E000C746");

    /// <summary>The item with the logical sector size.</summary>
    public static readonly Guid LogicalSectorSizeItem = new("8141BF1D-A96F-4709-BA47-F233A8FAAB5F");

    /// <summary>The item with the physical sector size.</summary>
    public static readonly Guid PhysicalSectorSizeItem = new("CDA348C7-445D-4471-9CC9-E9885251C556");

    /// <summary>The item that says where the parent is.</summary>
    public static readonly Guid ParentLocatorItem = new("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C");

    /// <summary>The item with which a file says that its making was not completed.</summary>
    public static readonly Guid UnfinishedFileItem = new("71CC85F0-1B69-4E28-9558-C3BF83AE75D3");

    /// <summary>The item with a geometry, which Microsoft's reader knows; it changes no data.</summary>
    public static readonly Guid GeometryItem = new("DA02D7BC-3D3A-423C-AC88-2A36AB21479B");

    /// <summary>The item with the labels of a persistent memory device, which Microsoft's reader knows; it changes no data.</summary>
    public static readonly Guid MemoryLabelsItem = new("10E1AE8A-4B7E-4169-A40F-CD70DE928393");

    /// <summary>The type of the locator of a VHDX parent.</summary>
    public static readonly Guid VhdxLocatorType = new("B04AEFB7-D19E-4A81-B789-25B8E9445913");

    /// <summary>"vhdxfile": how every file begins.</summary>
    public static ReadOnlySpan<byte> FileSignature => "vhdxfile"u8;

    /// <summary>"head": how a header begins.</summary>
    public static ReadOnlySpan<byte> HeaderSignature => "head"u8;

    /// <summary>"regi": how a region table begins.</summary>
    public static ReadOnlySpan<byte> RegionTableSignature => "regi"u8;

    /// <summary>"metadata": how a metadata table begins.</summary>
    public static ReadOnlySpan<byte> MetadataSignature => "metadata"u8;

    /// <summary>"loge": how a log entry begins.</summary>
    public static ReadOnlySpan<byte> LogEntrySignature => "loge"u8;

    /// <summary>"desc": how the descriptor of a data sector begins.</summary>
    public static ReadOnlySpan<byte> DataDescriptorSignature => "desc"u8;

    /// <summary>"zero": how the descriptor of a range of zeros begins.</summary>
    public static ReadOnlySpan<byte> ZeroDescriptorSignature => "zero"u8;

    /// <summary>"data": how a data sector begins.</summary>
    public static ReadOnlySpan<byte> DataSectorSignature => "data"u8;

    /// <summary><paramref name="bytes"/> rounded up to whole MiB; at most 2^63 - 1 MiB.</summary>
    public static long RoundUpToMebibyte(long bytes) => (bytes + (Mebibyte - 1L)) & ~(Mebibyte - 1L);
}
