using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Disks;

/// <summary>What a disk is written into: one kind of file, with all that it takes to make one.</summary>
internal abstract class DiskTarget
{
    /// <summary>Fixed, dynamic, or raw.</summary>
    public required DiskFormat Format { get; init; }

    /// <summary>The virtual size in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes of a sector as the disk shows it.</summary>
    public virtual int LogicalSectorSize => VhdSpec.SectorSize;

    /// <summary>Bytes in a block of a dynamic target; 0 where there are none.</summary>
    public virtual int BlockSize => 0;

    /// <summary>The most bytes of the file that are not the disk's.</summary>
    public abstract long StructureBytes { get; }

    /// <summary>Bytes of which the places of a byte on the disk and in the file are the same multiple and rest.</summary>
    public virtual long DataAlignment => VhdxSpec.Mebibyte;

    /// <summary>Refuses what cannot be made.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public abstract void Validate();

    /// <summary>Puts a disk into a new, empty file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="sharing">Shares extents with the source; null where everything is to be copied.</param>
    /// <param name="findsZeros">Whether the data is read to find zeros.</param>
    public abstract DiskWriter CreateWriter(ImageFile file, ExtentSharing? sharing = null, bool findsZeros = true);

    /// <summary>Reads what was written; owns the file from then on.</summary>
    public abstract DiskSource Open(ImageFile file);
}

/// <summary>The bytes of the disk and nothing else.</summary>
internal sealed class RawTarget(int logicalSectorSize) : DiskTarget
{
    public override int LogicalSectorSize => logicalSectorSize;

    public override long StructureBytes => 0;

    public override void Validate()
    {
    }

    public override DiskWriter CreateWriter(ImageFile file, ExtentSharing? sharing = null, bool findsZeros = true) =>
        new FlatDiskWriter(file, SizeBytes, footer: null) { Sharing = sharing, FindsZeros = findsZeros };

    public override DiskSource Open(ImageFile file) => DiskSources.Open(file, SourceFormat.Raw, VhdOpenOptions.Default);
}
