using System.Buffers.Binary;
using System.Globalization;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The header of Linux's swap space: a signature in the last ten bytes of the first page. Source: Linux,
/// include/linux/swap.h.</summary>
internal static class SwapHeader
{
    /// <summary>Bytes of the signature.</summary>
    public const int SignatureSize = 10;

    /// <summary>The page size of nearly all systems; some of ARM and POWER have 64 KiB.</summary>
    public const int PageSize = 4096;

    private const int VersionAt = 1024;

    /// <summary>Looks at the head of the partition and at a page's last ten bytes.</summary>
    public static FileSystemDescription? Identify(ReadOnlySpan<byte> head, ReadOnlySpan<byte> signature, int pageSize)
    {
        // The signature of swap space that a stopped system was saved in replaces the usual one.
        bool isHibernated = signature.StartsWith("S1SUSPEND"u8) || signature.StartsWith("S2SUSPEND"u8)
            || signature.StartsWith("ULSUSPEND"u8) || signature.StartsWith("TuxOnIce"u8) || signature.StartsWith("LINHIB0001"u8);
        if (!isHibernated && !signature.StartsWith("SWAPSPACE2"u8) && !signature.StartsWith("SWAP-SPACE"u8))
        {
            return null;
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(head[VersionAt..]);
        uint lastPage = BinaryPrimitives.ReadUInt32LittleEndian(head[(VersionAt + 4)..]);
        bool hasHeader = version == 1 && !signature.StartsWith("SWAP-SPACE"u8);
        return new FileSystemDescription(FileSystemKind.Swap)
        {
            Version = hasHeader ? version.ToString(CultureInfo.InvariantCulture) : string.Empty,
            Uuid = hasHeader ? StoredText.Uuid(head[(VersionAt + 12)..]) : string.Empty,
            Label = hasHeader ? StoredText.Decode(head.Slice(VersionAt + 28, 16)) : string.Empty,
            SizeBytes = hasHeader ? (lastPage + 1L) * pageSize : null,
            IsHibernated = isHibernated,
        };
    }
}
