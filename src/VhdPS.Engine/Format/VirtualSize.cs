namespace VhdPS.Engine.Format;

/// <summary>The virtual size of an image and the rule that gave it.</summary>
/// <param name="SizeBytes">Bytes; may be no whole number of sectors where a footer says so.</param>
/// <param name="Rule">The size that holds, never <see cref="SizeRule.Auto"/>.</param>
/// <param name="Reason">Why, for people.</param>
public readonly record struct VirtualSize(ulong SizeBytes, SizeRule Rule, string Reason)
{
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

    /// <summary>Whether every known reader, QEMU before 2025 included, goes by the current size for this creator.</summary>
    public static bool IsExactToAll(string creatorApplication) =>
        creatorApplication is "win " or "qem2" or "d2v " or "d2v" or "CTXS" or "tap";

    /// <inheritdoc/>
    public override string ToString() => $"{Rule}: {Reason}";
}
