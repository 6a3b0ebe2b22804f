namespace VhdPS.Engine.Format;

/// <summary>The virtual size of an image and the rule that gave it.</summary>
/// <param name="SizeBytes">Bytes; may be no whole number of sectors where a footer says so.</param>
/// <param name="Rule">The size that holds, never <see cref="SizeRule.Auto"/>.</param>
/// <param name="Reason">Why, for people.</param>
public readonly record struct VirtualSize(ulong SizeBytes, SizeRule Rule, string Reason)
{
    /// <summary>The creator whose images every known reader takes by their current size.</summary>
    public const string WindowsCreator = "win ";

    /// <summary>The version that goes with <see cref="WindowsCreator"/>: Windows 10.</summary>
    public const uint WindowsVersion = 0x000A_0000;

    /// <summary>
    /// The only place where the two sizes of a footer are weighed. Source: QEMU since 2025 (vpc_ignore_current_size):
    /// CHS for the creators <c>vpc </c> and <c>qemu</c> unless the CHS is zero or the maximum, else the current size.
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
        if (IsByGeometry(footer.CreatorApplication) && DiskGeometry.CoveringSectorCount(sectorCount) is var covering && covering.SectorCount == sectorCount)
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
    public override string ToString() => $"{Rule}: {Reason}";
}
