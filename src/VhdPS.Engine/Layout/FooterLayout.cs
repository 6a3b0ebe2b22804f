using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Layout;

/// <summary>Judges the authoritative footer against the specification and the file.</summary>
internal static class FooterLayout
{
    /// <summary>Returns the number of virtual sectors; 0 where the size is no size.</summary>
    /// <param name="draft">Receives the findings.</param>
    /// <param name="stored">The footer.</param>
    /// <param name="dataEnd">File offset where the footer at the end begins, or would have to.</param>
    /// <param name="size">The virtual size.</param>
    public static long Check(LayoutDraft draft, StoredFooter stored, long dataEnd, VirtualSize size)
    {
        bool isFixed = stored.Footer.DiskType == VhdType.Fixed;
        VhdStructure structure = stored.FileOffset == 0 && !isFixed ? VhdStructure.FooterCopy : VhdStructure.Footer;
        CheckFields(draft, stored, structure);
        long sectorCount = CheckSize(draft, stored, structure, size);
        if (isFixed)
        {
            CheckFixed(draft, stored, dataEnd, sectorCount, size);
        }

        return sectorCount;
    }

    private static void CheckFields(LayoutDraft draft, StoredFooter stored, VhdStructure structure)
    {
        HardDiskFooter footer = stored.Footer;
        void Add(FaultCode code, int at, string expected, string actual, string message) =>
            draft.Findings.Add(new Finding(code, structure, stored.FileOffset + at, expected, actual, message));

        if (footer.FormatVersion >> 16 != 1)
        {
            Add(
                FaultCode.FormatVersionUnsupported, HardDiskFooter.FormatVersionAt, "1.0", LayoutDraft.Version(footer.FormatVersion),
                "The file format version is not known.");
        }
        else if (footer.FormatVersion != VhdSpec.Version1)
        {
            Add(
                FaultCode.FormatVersionMinorUnknown, HardDiskFooter.FormatVersionAt, "1.0", LayoutDraft.Version(footer.FormatVersion),
                "The minor file format version is not known.");
        }

        if (footer.DiskType is not (VhdType.Fixed or VhdType.Dynamic or VhdType.Differencing))
        {
            Add(
                FaultCode.DiskTypeUnsupported, HardDiskFooter.DiskTypeAt, "2 (fixed), 3 (dynamic) or 4 (differencing)",
                Invariant($"{footer.DiskTypeValue}"), "The disk type is not in use.");
        }

        if ((footer.Features & VhdSpec.FeatureReserved) == 0)
        {
            Add(
                FaultCode.FeatureReservedBitClear, HardDiskFooter.FeaturesAt, "0x00000002", Hex(footer.Features),
                "The feature bit that must always be set is clear.");
        }

        if ((footer.Features & ~(VhdSpec.FeatureReserved | VhdSpec.FeatureTemporary)) != 0)
        {
            Add(
                FaultCode.FeatureBitsUnknown, HardDiskFooter.FeaturesAt, "0x00000002", Hex(footer.Features),
                "Feature bits are set that are not known.");
        }

        if (footer.StoredLength == VhdSpec.LegacyFooterSize)
        {
            Add(FaultCode.FooterIs511Bytes, 0, "512 bytes", "511 bytes", "The footer is of the kind before Virtual PC 2004.");
        }

        if (footer.UniqueId == Guid.Empty)
        {
            Add(FaultCode.UniqueIdNull, HardDiskFooter.UniqueIdAt, "a random id", "zeros", "The unique id is all zeros.");
        }

        if (footer.SavedState != 0)
        {
            Add(
                FaultCode.SavedState, HardDiskFooter.SavedStateAt, "0", Invariant($"{footer.SavedState}"),
                "The state of a virtual machine is saved with the image.");
        }

        int reserved = footer.Reserved.IndexOfAnyExcept((byte)0);
        if (reserved >= 0)
        {
            Add(
                FaultCode.ReservedBytesNotZero, HardDiskFooter.ReservedAt + reserved, "0x00", $"0x{footer.Reserved[reserved]:X2}",
                "Reserved bytes of the footer are not zero.");
        }
    }

    private static long CheckSize(LayoutDraft draft, StoredFooter stored, VhdStructure structure, VirtualSize size)
    {
        HardDiskFooter footer = stored.Footer;
        long at = stored.FileOffset + (size.Rule == SizeRule.Chs ? HardDiskFooter.GeometryAt : HardDiskFooter.CurrentSizeAt);
        DiskGeometry geometry = footer.Geometry;
        var specified = DiskGeometry.ForSectorCount((long)(footer.CurrentSize / VhdSpec.SectorSize));
        if (geometry.SectorCount == 0 && geometry != specified)
        {
            draft.Findings.Add(new Finding(
                FaultCode.GeometryZero, structure, stored.FileOffset
                    + HardDiskFooter.GeometryAt, specified.ToString(), geometry.ToString(), "The geometry addresses nothing.")
            {
                Severity = VirtualSize.IsByGeometry(footer.CreatorApplication) ? Severity.Warning : Severity.Note,
            });
        }
        else if ((ulong)geometry.SizeBytes != footer.CurrentSize && !geometry.IsMax && !VirtualSize.IsExactToAll(footer.CreatorApplication))
        {
            draft.Findings.Add(new Finding(
                FaultCode.GeometrySizeDiffers, structure, stored.FileOffset + HardDiskFooter.GeometryAt, $"{footer.CurrentSize} bytes",
                $"{geometry} = {geometry.SizeBytes} bytes", "Readers that go by the geometry see another size.")
            {
                Severity = (ulong)geometry.SizeBytes > footer.CurrentSize && VirtualSize.IsByGeometry(footer.CreatorApplication)
                    ? Severity.Warning
                    : Severity.Note,
            });
        }

        if (size.SizeBytes == 0)
        {
            draft.Findings.Add(new Finding(FaultCode.SizeZero, structure, at, "more than 0", "0", "The disk has no sectors."));
            return 0;
        }

        if (size.SizeBytes > long.MaxValue - VhdSpec.SectorSize)
        {
            draft.Findings.Add(new Finding(
                FaultCode.SizeTooLarge, structure, at, "less than 2^63", Invariant($"{size.SizeBytes}"),
                "The size is more than any file can hold."));
            return 0;
        }

        if (size.SizeBytes % VhdSpec.SectorSize != 0)
        {
            // QUIRK(azure-vhd-utils and other writers of odd sizes): a write of the last sector would reach into the footer.
            draft.Findings.Add(new Finding(
                FaultCode.SizeNotSectorAligned, structure, at, "a multiple of 512", Invariant(
                    $"{size.SizeBytes}"), "The size is not a whole number of sectors.")
            {
                Effect = FaultEffect.ReadOnly,
            });
        }

        return VhdSpec.SectorsFor((long)size.SizeBytes);
    }

    private static void CheckFixed(LayoutDraft draft, StoredFooter stored, long dataEnd, long sectorCount, VirtualSize size)
    {
        HardDiskFooter footer = stored.Footer;
        if (footer.DataOffset is not (VhdSpec.AbsentOffset or 0xFFFF_FFFF))
        {
            draft.Findings.Add(new Finding(
                FaultCode.DataOffsetPresent, VhdStructure.Footer, stored.FileOffset + HardDiskFooter.DataOffsetAt, "0xFFFFFFFFFFFFFFFF",
                $"0x{footer.DataOffset:X16}", "A fixed image names a dynamic header."));
        }

        if (sectorCount == 0)
        {
            return;
        }

        if ((long)size.SizeBytes > dataEnd)
        {
            draft.Findings.Add(new Finding(
                FaultCode.FixedDataTruncated, VhdStructure.Data, dataEnd, $"{size.SizeBytes} bytes of data", $"{dataEnd} bytes",
                "The file is too short for the disk.")
            {
                Effect = draft.Options.Force ? FaultEffect.ReadOnly : FaultEffect.UnreadableUnlessForced,
            });
        }
        else if ((long)size.SizeBytes < dataEnd)
        {
            draft.Findings.Add(new Finding(
                FaultCode.FixedFileTooLong, VhdStructure.Data, (long)size.SizeBytes, $"{size.SizeBytes} bytes of data", $"{dataEnd} bytes",
                "Bytes after the end of the disk are not shown."));
        }
    }

    private static string Hex(uint value) => $"0x{value:X8}";
}
