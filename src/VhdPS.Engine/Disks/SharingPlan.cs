using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Disks;

/// <summary>Whether a new file will share extents with the files that a disk lies in, as far as that is known before the work.</summary>
/// <param name="ClusterBytes">What offsets and lengths must be multiples of.</param>
/// <param name="Refusal">Why not, human-readable; null where it will.</param>
internal sealed record SharingPlan(int ClusterBytes, string? Refusal)
{
    /// <summary>Everything is copied because the caller wants it.</summary>
    public static readonly SharingPlan NotWanted = new(0, "an independent copy is asked for");

    /// <summary>Bytes of a disk that will be copied, and blocks that it will have.</summary>
    /// <param name="CopiedBytes">Bytes that are not known to be zeros and do not lie where they could be shared.</param>
    /// <param name="BlockCount">Blocks of the target with such bytes, or with shared ones.</param>
    public readonly record struct Outlook(long CopiedBytes, long BlockCount);

    /// <summary>Asks the file system of the source's file and the target's folder.</summary>
    /// <param name="source">The disk that is read.</param>
    /// <param name="targetPath">Where the new file will be.</param>
    public static SharingPlan Of(DiskSource source, string targetPath)
    {
        if (source.ShareSource is not { } file)
        {
            return new SharingPlan(0, source.ShareRefusal);
        }

        SharingProbe probe = PlatformFile.Current.ProbeSharing(file.Handle, VolumeSpace.FolderOf(targetPath));
        return new SharingPlan(probe.ClusterBytes, probe.Refusal);
    }

    /// <summary>What will share for a new file; null where everything is copied.</summary>
    public ExtentSharing? Begin(ImageFile target) => Refusal is null ? new ExtentSharing(target, ClusterBytes) : null;

    /// <summary>Counts what will be copied, by tables and holes alone.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="blockSize">Bytes of a block of the target; 0 where it has none.</param>
    /// <param name="alignment">Bytes of which the places of the disk's bytes on the disk and in the target are the same multiple.</param>
    /// <exception cref="VhdFormatException">A block cannot be found.</exception>
    public Outlook LookAt(DiskSource source, int blockSize, long alignment)
    {
        long copied = 0, blocks = 0, counted = 0, diskEnd = source.SectorCount * VhdSpec.SectorSize;
        for (long at = 0; at < diskEnd;)
        {
            DiskExtent extent = source.FindExtent(at);
            if (!extent.IsZero && blockSize > 0)
            {
                long first = Math.Max(counted, extent.Offset / blockSize);
                blocks += Math.Max(0, ((extent.End - 1) / blockSize) + 1 - first);
                counted = ((extent.End - 1) / blockSize) + 1;
            }

            for (at = extent.IsZero ? extent.End : at; at < extent.End;)
            {
                StoredRun run = source.FindStored(at, extent.End - at);
                bool canShare = Refusal is null && alignment % ClusterBytes == 0;
                long shared = canShare ? ExtentSharing.Fit(run, at, ClusterBytes, out _).Length : 0;
                copied += run.IsZero ? 0 : run.Length - shared;
                at += run.Length;
            }
        }

        return new Outlook(copied, blocks);
    }
}
