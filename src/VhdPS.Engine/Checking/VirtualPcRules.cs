using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>What Virtual PC and Virtual Server ask. Source: the specification, and its section on the disk geometry.</summary>
internal static class VirtualPcRules
{
    /// <summary>Judges each rule.</summary>
    public static void Judge(TargetRules rules, ImageLayout? layout)
    {
        rules.AddFooters(FaultCode.VirtualPcFooterUnsound, layout, "Virtual PC refuses a damaged or misplaced footer.");
        if (layout?.StoredFooter is null)
        {
            return;
        }

        HardDiskFooter footer = layout.Footer;
        ulong limit = (ulong)DiskGeometry.Max.SizeBytes;
        rules.Add(
            FaultCode.VirtualPcSizeOutOfRange, footer.CurrentSize > 0 && footer.CurrentSize <= limit, VhdStructure.Footer,
            layout.StoredFooter.FileOffset + HardDiskFooter.CurrentSizeAt,
            Invariant($"1 to {limit} bytes"), Invariant($"{footer.CurrentSize}"), "The size is out of Virtual PC's range.");
        rules.AddSizeSeen(
            FaultCode.VirtualPcSizeSeenDiffers, layout, (ulong)footer.Geometry.SizeBytes,
            "Virtual PC goes by the geometry and sees another size.");
        rules.AddBlockSize(FaultCode.VirtualPcBlockSizeUnknown, layout, "Virtual PC knows other block sizes only.");
    }
}
