using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Operations.Repair;

/// <summary>Looks for proof of what a footer was, where no checksum is valid.</summary>
internal static class FooterEvidence
{
    /// <summary>The footer that the file proves, resealed, and the proof; null where there is none.</summary>
    public static (HardDiskFooter Footer, string Proof)? Restore(FooterPair footers)
    {
        if (footers is { End: { } end, Front: { } front } && end.Footer.DiskType != VhdType.Fixed
            && AgreeButForChecksum(end.Footer, front.Footer))
        {
            return (end.Footer.With(), "Both footers agree in every field.");
        }

        foreach (HardDiskFooter footer in new[] { footers.End, footers.Front }.OfType<StoredFooter>().Select(stored => stored.Footer))
        {
            // QUIRK(tap): early versions set the hidden byte and left the checksum.
            if (footer.Reserved[0] != 0 && footer.WithReserved(0, 0).Checksum == footer.Checksum)
            {
                return (footer.With(), "The checksum is right but for Xen's hidden byte.");
            }
        }

        return footers.End is { Footer.DiskType: VhdType.Fixed } stored ? RestoreFixed(stored) : null;
    }

    private static bool AgreeButForChecksum(HardDiskFooter one, HardDiskFooter other) => one.With().Bytes.SequenceEqual(other.With().Bytes);

    /// <summary>A fixed image proves its own size; a footer whose stored checksum fits with it put right was damaged there alone.</summary>
    private static (HardDiskFooter Footer, string Proof)? RestoreFixed(StoredFooter stored)
    {
        HardDiskFooter footer = stored.Footer;
        ulong size = (ulong)stored.FileOffset;
        (HardDiskFooter Footer, string Field)[] candidates =
        [
            (footer.With(currentSize: size), "current size"),
            (footer.With(originalSize: footer.CurrentSize), "original size"),
            (footer.With(dataOffset: VhdSpec.AbsentOffset), "data offset"),
            (footer.With(features: VhdSpec.FeatureReserved), "features"),
            (footer.With(savedState: 0), "saved state"),
            (footer.With(geometry: DiskGeometry.ForSectorCount((long)(size / VhdSpec.SectorSize))), "geometry"),
        ];
        foreach ((HardDiskFooter candidate, string field) in candidates)
        {
            if (candidate.Checksum == footer.Checksum)
            {
                return (candidate, $"With the {field} that the file's length and the specification ask for, the stored checksum is right.");
            }
        }

        return footer.Checksum == 0 && footer.CurrentSize == size && footer.FormatVersion == VhdSpec.Version1
            ? (footer.With(), "The checksum was never computed, and the size is that of the file.")
            : null;
    }
}
