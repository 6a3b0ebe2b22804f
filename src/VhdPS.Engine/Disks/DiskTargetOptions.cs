using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Disks;

/// <summary>What a disk is to be written as; what is left open is taken from its source or from the format's custom.</summary>
internal sealed record DiskTargetOptions
{
    /// <summary>Fixed, dynamic, or raw.</summary>
    public required DiskFormat Format { get; init; }

    /// <summary>The format of a target that is an image.</summary>
    public required VhdFormat ImageFormat { get; init; }

    /// <summary>The virtual size in bytes; null: the source's.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Bytes in a block; null: as a source of the same format, else 2 MiB of a VHD and 32 MiB of a VHDX.</summary>
    public int? BlockSize { get; init; }

    /// <summary>Bytes of a sector as the disk shows it; null: as the source's where the format knows it.</summary>
    public int? LogicalSectorSize { get; init; }

    /// <summary>Bytes of a sector as the disk recommends to write it; null: as a source's that says so, else the format's custom.</summary>
    public int? PhysicalSectorSize { get; init; }

    /// <summary>The identity of the new image.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making.</summary>
    public required DateTime TimeStamp { get; init; }

    /// <summary>The target for a source.</summary>
    /// <exception cref="ArgumentException">The format has no such sectors.</exception>
    public DiskTarget For(DiskSource source)
    {
        long sizeBytes = SizeBytes ?? source.SizeBytes;
        int? blockSize = BlockSize ?? (source.ImageFormat == ImageFormat ? source.BlockSize : null);
        VhdType type = Format == DiskFormat.Fixed ? VhdType.Fixed : VhdType.Dynamic;
        bool isVhdx = Format != DiskFormat.Raw && ImageFormat == VhdFormat.Vhdx;
        if (!isVhdx && (LogicalSectorSize ?? PhysicalSectorSize ?? VhdSpec.SectorSize) != VhdSpec.SectorSize)
        {
            throw new ArgumentException("Only a VHDX has sectors of another size than 512 bytes.");
        }

        if (Format == DiskFormat.Raw)
        {
            // A raw file that stays raw keeps its length; a disk in an image has whole sectors.
            return new RawTarget(source.LogicalSectorSize) { Format = Format, SizeBytes = sizeBytes };
        }

        if (!isVhdx)
        {
            sizeBytes = VhdSpec.RoundUp(sizeBytes, VhdSpec.SectorSize);
            return new VhdTarget(new NewImage(sizeBytes)
            {
                VhdType = type,
                IsOfImage = true,
                BlockSize = blockSize ?? VhdSpec.DefaultBlockSize,
                UniqueId = UniqueId,
                TimeStamp = TimeStamp,
            })
            {
                Format = Format,
                SizeBytes = sizeBytes,
            };
        }

        int logicalSectorSize = LogicalSectorSize ?? source.LogicalSectorSize;
        int customary = source.ImageFormat == VhdFormat.Vhdx ? source.PhysicalSectorSize : NewVhdx.DefaultPhysicalSectorSize;
        var image = new NewVhdx(sizeBytes)
        {
            VhdType = type,
            BlockSizeBytes = blockSize,
            LogicalSectorSize = logicalSectorSize,
            PhysicalSectorSize = PhysicalSectorSize ?? Math.Max(logicalSectorSize, customary),
            UniqueId = UniqueId,
            TimeStamp = TimeStamp,
        };
        image.Validate();
        return new VhdxTarget(image) { Format = Format, SizeBytes = image.DiskSize };
    }
}
