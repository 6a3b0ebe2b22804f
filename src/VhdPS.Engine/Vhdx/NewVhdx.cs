using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>The options of a new VHDX file. The same options make the same bytes.</summary>
/// <param name="SizeBytes">The size asked for, 1 byte to 64 TiB; rounded up to a logical sector.</param>
public sealed record NewVhdx(long SizeBytes)
{
    /// <summary>The creator that a file names.</summary>
    public const string Creator = "VhdPS";

    /// <summary>Bytes of a sector that a new disk recommends to write, as Hyper-V's do.</summary>
    public const int DefaultPhysicalSectorSize = 4096;

    /// <summary>Dynamic, fixed or differencing.</summary>
    public VhdType VhdType { get; init; } = VhdType.Dynamic;

    /// <summary>Bytes in a block, a power of two from 1 to 256 MiB; null for Hyper-V's choice, 32 MiB, or 2 MiB with a parent.</summary>
    public int? BlockSizeBytes { get; init; }

    /// <summary>Bytes of a sector as the disk shows it, 512 or 4096.</summary>
    public int LogicalSectorSize { get; init; } = 512;

    /// <summary>Bytes of a sector as the disk recommends to write it, 512 or 4096; not less than the logical.</summary>
    public int PhysicalSectorSize { get; init; } = DefaultPhysicalSectorSize;

    /// <summary>The disk's identity. The ids of the file's state are made of it and of <see cref="TimeStamp"/>.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making. The format stores none.</summary>
    public required DateTime TimeStamp { get; init; }

    /// <summary>Where the parent is; needed for a differencing image, and for no other.</summary>
    internal VhdxParentLocator? ParentLocator { get; init; }

    /// <summary>Bytes in a block.</summary>
    public int BlockSize =>
        BlockSizeBytes ?? (VhdType == VhdType.Differencing ? VhdxSpec.DefaultChildBlockSize : VhdxSpec.DefaultBlockSize);

    /// <summary>The disk's size in bytes after rounding.</summary>
    public long DiskSize => (SizeBytes + LogicalSectorSize - 1) / LogicalSectorSize * LogicalSectorSize;

    /// <summary>Changes with the disk's data; what children store.</summary>
    public Guid DataWriteGuid => Derive("data");

    /// <summary>Changes with the file.</summary>
    public Guid FileWriteGuid => Derive("file");

    /// <summary>Which entries of the table belong to which blocks.</summary>
    public ChunkMap Chunks => new(DiskSize, BlockSize, LogicalSectorSize, VhdType == VhdType.Differencing);

    /// <summary>Refuses options that make no file.</summary>
    /// <exception cref="ArgumentException">A value is out of its range, or does not go with another.</exception>
    public void Validate()
    {
        if (SizeBytes is <= 0 or > VhdxSpec.MaxSize)
        {
            throw new ArgumentException(Invariant($"The size {SizeBytes} is not from 1 to {VhdxSpec.MaxSize} bytes (64 TiB)."));
        }

        if (VhdType is not (VhdType.Fixed or VhdType.Dynamic or VhdType.Differencing))
        {
            throw new ArgumentException($"The type {VhdType} cannot be made.");
        }

        if (BlockSize is < VhdxSpec.MinBlockSize or > VhdxSpec.MaxBlockSize || !BitOperations.IsPow2(BlockSize))
        {
            throw new ArgumentException(Invariant($"The block size {BlockSize} is not a power of two from 1 to 256 MiB."));
        }

        if (LogicalSectorSize is not (512 or 4096) || PhysicalSectorSize is not (512 or 4096) || PhysicalSectorSize < LogicalSectorSize)
        {
            throw new ArgumentException(Invariant(
                $"Sector sizes are 512 or 4096, the physical at least the logical; {LogicalSectorSize} and {PhysicalSectorSize} are not."));
        }

        if (UniqueId == Guid.Empty)
        {
            throw new ArgumentException("The unique id must not be all zeros.");
        }

        if ((VhdType == VhdType.Differencing) != (ParentLocator is not null))
        {
            throw new ArgumentException("A differencing image has a parent locator, and no other has.");
        }
    }

    /// <summary>An id that is as random as <see cref="UniqueId"/> is, and the same for the same options. RFC 9562, version 8.</summary>
    private Guid Derive(string purpose)
    {
        Span<byte> name = stackalloc byte[16 + sizeof(long)];
        UniqueId.TryWriteBytes(name, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(name[16..], TimeStamp.ToUniversalTime().Ticks);
        byte[] hash = SHA256.HashData([.. name, .. Encoding.ASCII.GetBytes(purpose)]);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
