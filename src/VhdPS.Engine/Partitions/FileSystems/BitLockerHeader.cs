namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>What tells a volume that BitLocker encrypts: a signature, or on removable disks an id in a FAT boot sector. Source: libbde
/// documentation.</summary>
internal static class BitLockerHeader
{
    private const int ToGoIdAt = 424;

    private static readonly Guid ToGoId = new("4967D63B-2E29-4AD8-8399-F6A339E3D001");

    public static ReadOnlySpan<byte> Signature => "-FVE-FS-"u8;

    /// <summary>Whether 512 bytes begin a volume that BitLocker encrypts.</summary>
    public static bool Matches(ReadOnlySpan<byte> bytes) => bytes[3..].StartsWith(Signature) || HasToGoId(bytes);

    /// <summary>Whether 512 bytes are the boot sector under which BitLocker To Go hides the volume.</summary>
    public static bool HasToGoId(ReadOnlySpan<byte> bytes) => new Guid(bytes.Slice(ToGoIdAt, 16)) == ToGoId;
}
