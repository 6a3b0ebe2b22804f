namespace VhdPS.Engine.Format;

/// <summary>Constants of the Virtual Hard Disk Image Format Specification 1.0. All integers in a file are big-endian.</summary>
/// <remarks>
/// <code>
/// fixed                     dynamic, differencing
/// +-----------------+ 0     +--------------------------+ 0
/// | data            |       | footer copy         512  |
/// | (CurrentSize)   |       +--------------------------+ footer.DataOffset (512 in nearly all files)
/// |                 |       | dynamic header     1024  |
/// +-----------------+       +--------------------------+ header.TableOffset (1536 in nearly all files)
/// | footer 512      |       | block allocation table   |   uint32 x MaxTableEntries, padded to 512
/// +-----------------+ end   +--------------------------+
///                           | locator data, gaps       |   anywhere below or between the blocks
///                           +--------------------------+ entry x 512
///                           | sector bitmap            |   bit 7 of byte 0 is the block's sector 0; padded to 512
///                           | block data               |   header.BlockSize bytes
///                           +--------------------------+
///                           | ...                      |
///                           | footer              512  |
///                           +--------------------------+ end
/// </code>
/// </remarks>
public static class VhdSpec
{
    /// <summary>Bytes in a sector.</summary>
    public const int SectorSize = 512;

    /// <summary>Bytes in a footer.</summary>
    public const int FooterSize = 512;

    /// <summary>Bytes in a footer that was written before Virtual PC 2004; the missing byte counts as zero.</summary>
    public const int LegacyFooterSize = 511;

    /// <summary>Bytes in a dynamic disk header.</summary>
    public const int HeaderSize = 1024;

    /// <summary>Bytes in one entry of the block allocation table.</summary>
    public const int TableEntrySize = 4;

    /// <summary>The table entry of a block that is not in the file.</summary>
    public const uint UnusedEntry = 0xFFFF_FFFF;

    /// <summary>The data offset of a fixed disk's footer and the next offset of a dynamic header: nothing there.</summary>
    public const ulong AbsentOffset = 0xFFFF_FFFF_FFFF_FFFF;

    /// <summary>The only file format and header version there is: 1.0, major in the upper 16 bits.</summary>
    public const uint Version1 = 0x0001_0000;

    /// <summary>The feature bit that is "reserved and must always be set".</summary>
    public const uint FeatureReserved = 0x2;

    /// <summary>The feature bit of a temporary disk.</summary>
    public const uint FeatureTemporary = 0x1;

    /// <summary>The block size that every known writer uses, in bytes.</summary>
    public const int DefaultBlockSize = 2 * 1024 * 1024;

    /// <summary>The largest block size that is opened, in bytes.</summary>
    public const int MaxBlockSize = 256 * 1024 * 1024;

    /// <summary>
    /// The largest virtual size of a dynamic or differencing image that is created, in bytes: 2040 GiB. Hyper-V takes no larger
    /// image of any type, and QEMU opens none.
    /// </summary>
    public const long MaxSize = 2040L * 1024 * 1024 * 1024;

    /// <summary>
    /// The largest virtual size of a fixed image that is created, in bytes: 32,767 GiB, the largest managed disk of Azure with its
    /// footer. A fixed image has no table, whose entries reach to 2 TiB only.
    /// </summary>
    public const long MaxFixedSize = 35_183_298_347_008;

    /// <summary>
    /// The largest virtual size of a dynamic or differencing image that is made of another one, in bytes: 2044 GiB, up to which
    /// Xen's tools make them.
    /// </summary>
    public const long MaxXenSize = 2044L * 1024 * 1024 * 1024;

    /// <summary>The most table entries that are opened: 64 MiB of table.</summary>
    public const int MaxTableEntries = 16 * 1024 * 1024;

    /// <summary>The longest locator text that is read, in bytes.</summary>
    public const int MaxLocatorLength = 64 * 1024;

    /// <summary>Parent locators in a dynamic header.</summary>
    public const int LocatorCount = 8;

    /// <summary>The boundary, in bytes, on which new block data is laid.</summary>
    public const int DataAlignment = 4096;

    /// <summary>The zero of time stamps: 2000-01-01T00:00:00Z.</summary>
    public static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>"conectix": the cookie of a footer.</summary>
    public static ReadOnlySpan<byte> FooterCookie => "conectix"u8;

    /// <summary>"cxsparse": the cookie of a dynamic header.</summary>
    public static ReadOnlySpan<byte> HeaderCookie => "cxsparse"u8;

    /// <summary>"v_poison": the cookie of an image that XenServer has disabled.</summary>
    public static ReadOnlySpan<byte> PoisonCookie => "v_poison"u8;

    /// <summary>Sectors that hold <paramref name="bytes"/> bytes, rounded up.</summary>
    public static long SectorsFor(long bytes) => (bytes / SectorSize) + (bytes % SectorSize == 0 ? 0 : 1);

    /// <summary><paramref name="value"/> rounded up to a multiple of <paramref name="unit"/>.</summary>
    public static long RoundUp(long value, long unit) => value % unit == 0 ? value : checked(value + unit - (value % unit));

    /// <summary>Bytes of the sector bitmap of a block of <paramref name="blockSize"/> bytes: one bit a sector, padded to 512.</summary>
    public static int BitmapSize(int blockSize)
    {
        int bits = blockSize / SectorSize;
        return (int)RoundUp((bits + 7) / 8, SectorSize);
    }

    /// <summary>Seconds since <see cref="Epoch"/>, clamped to what 32 bits hold.</summary>
    public static uint ToTimeStamp(DateTime time)
    {
        double seconds = Math.Floor((time.ToUniversalTime() - Epoch).TotalSeconds);
        return (uint)Math.Clamp(seconds, 0, uint.MaxValue);
    }
}
