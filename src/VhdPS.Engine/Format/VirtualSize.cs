namespace VhdPS.Engine.Format;

/// <summary>The virtual size of an image and the rule that gave it.</summary>
/// <param name="SizeBytes">Bytes; may be not a whole number of sectors where a footer says so.</param>
/// <param name="Rule">The rule that gave the size, never <see cref="SizeRule.Auto"/>.</param>
/// <param name="Reason">Why, human-readable.</param>
public readonly record struct VirtualSize(ulong SizeBytes, SizeRule Rule, string Reason)
{
    /// <summary>The creator whose images every known reader takes by their current size.</summary>
    public const string WindowsCreator = "win ";

    /// <summary>The version that goes with <see cref="WindowsCreator"/>: Windows 10.</summary>
    public const uint WindowsVersion = 0x000A_0000;

    /// <summary>
    /// The only place where the two sizes of a footer are weighed. Source: QEMU since 2025 (vpc_ignore_current_size):
    /// CHS for the creators <c>vpc </c> and <c>qemu</c> unless the CHS is zero, the maximum or more than the current size, which the
    /// table need not cover; else the current size.
    /// </summary>
    public static VirtualSize Of(HardDiskFooter footer, SizeRule requested = SizeRule.Auto)
    {
        DiskGeometry geometry = footer.Geometry;
        var byCurrentSize = new VirtualSize(footer.CurrentSize, SizeRule.CurrentSize, string.Empty);
        var byChs = new VirtualSize((ulong)geometry.SizeBytes, SizeRule.Chs, string.Empty);
        if (requested != SizeRule.Auto)
        {
            return (requested == SizeRule.Chs ? byChs : byCurrentSize) with { Reason = "as asked" };
        }

        string creator = footer.CreatorApplication;
        if (!IsByGeometry(creator))
        {
            return byCurrentSize with { Reason = $"creator '{creator}' stores the exact size" };
        }

        if (geometry.SectorCount == 0)
        {
            return byCurrentSize with { Reason = $"creator '{creator}', but the geometry is zero" };
        }

        if (byChs.SizeBytes > byCurrentSize.SizeBytes && !geometry.IsMax)
        {
            return byCurrentSize with { Reason = $"creator '{creator}', but the geometry is larger than the current size" };
        }

        return geometry.IsMax
            ? byCurrentSize with { Reason = $"creator '{creator}', but the geometry is the maximum" }
            : byChs with { Reason = $"creator '{creator}' takes the geometry for the size" };
    }

    /// <summary>Whether images of this creator go by their geometry.</summary>
    public static bool IsByGeometry(string creatorApplication) => creatorApplication is "vpc " or "qemu";

    /// <summary>
    /// The footer of a disk that has got another size. Where the geometry cannot say the size and the creator is one that
    /// any reader takes by its geometry, the creator becomes <c>win </c>: no other fields make all readers see one size.
    /// </summary>
    /// <param name="footer">The footer before; everything but sizes, geometry and creator stays, the original size too.</param>
    /// <param name="sizeBytes">The new size, a whole number of sectors.</param>
    public static HardDiskFooter Put(HardDiskFooter footer, long sizeBytes)
    {
        long sectorCount = sizeBytes / VhdSpec.SectorSize;
        var geometry = DiskGeometry.ForSectorCount(sectorCount);
        if (IsByGeometry(footer.CreatorApplication) && DiskGeometry.CoveringSectorCount(sectorCount) is var covering
            && covering.SectorCount == sectorCount)
        {
            // Not every size of whole cylinders is that of the geometry that goes with it.
            geometry = covering;
        }

        bool isSame = geometry.IsMax || geometry.SizeBytes == sizeBytes || IsExactToAll(footer.CreatorApplication);
        return footer.With(
            creatorApplication: isSame ? null : WindowsCreator,
            creatorVersion: isSame ? null : WindowsVersion,
            currentSize: (ulong)sizeBytes,
            geometry: geometry);
    }

    /// <summary>Whether every known reader, QEMU before 2025 included, goes by the current size for this creator.</summary>
    public static bool IsExactToAll(string creatorApplication) =>
        creatorApplication is WindowsCreator or "qem2" or "d2v " or "d2v" or "CTXS" or "tap";

    /// <inheritdoc/>
    public override string ToString() => PrintableText.Escape($"{Rule}: {Reason}");
}

/// <summary>Which of a footer's two sizes is the virtual size.</summary>
public enum SizeRule
{
    /// <summary>Let the creator decide: see <see cref="VirtualSize"/>.</summary>
    Auto,

    /// <summary>The current size field.</summary>
    CurrentSize,

    /// <summary>Cylinders x heads x sectors per track.</summary>
    Chs,
}

/// <summary>The virtual size that a program takes from a footer.</summary>
/// <param name="Reader">The program.</param>
/// <param name="SizeBytes">The size that it shows, in bytes.</param>
/// <param name="Field">The footer's field that it goes by.</param>
public readonly record struct ReaderSize(string Reader, ulong SizeBytes, string Field)
{
    private const string Chs = "Geometry";
    private const string Current = "CurrentSize";

    /// <summary>
    /// What the known readers make of <paramref name="footer"/>. Sources: QEMU block/vpc.c of 2010, of 2.x to 9.2 and since
    /// 2025; VirtualBox VHD.cpp; 7-Zip VhdHandler.cpp; libvhdi libvhdi_file_footer.c.
    /// </summary>
    public static IReadOnlyList<ReaderSize> Of(HardDiskFooter footer)
    {
        ulong chs = (ulong)footer.Geometry.SizeBytes;
        ulong current = footer.CurrentSize;
        ulong currentSectors = current - (current % VhdSpec.SectorSize);
        string creator = footer.CreatorApplication;
        bool isCurrentBefore2025 = VirtualSize.IsExactToAll(creator) || footer.Geometry.IsMax;
        bool isCurrentSince2025 = creator is not ("vpc " or "qemu") || footer.Geometry.IsMax;
        return
        [
            new ReaderSize("Virtual PC", chs, Chs),
            new ReaderSize("QEMU of 2010", chs, Chs),
            isCurrentBefore2025 ? new ReaderSize("QEMU 2 to 9", currentSectors, Current) : new ReaderSize("QEMU 2 to 9", chs, Chs),
            isCurrentSince2025 ? new ReaderSize("QEMU since 2025", currentSectors, Current) : new ReaderSize("QEMU since 2025", chs, Chs),
            new ReaderSize("Hyper-V", current, Current),
            new ReaderSize("Azure", current, Current),
            new ReaderSize("VirtualBox", current, Current),
            new ReaderSize("7-Zip", current, Current),
            new ReaderSize("libvhdi", footer.OriginalSize, "OriginalSize"),
        ];
    }
}
