namespace VhdPS.Engine.Format;

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
