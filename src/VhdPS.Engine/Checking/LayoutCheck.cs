using System.Globalization;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>Everything but the table's entries and what they point to: footers, header, sizes, locators.</summary>
internal static class LayoutCheck
{
    private const int MinQemuBlockSize = 4096;

    /// <summary>Clocks of machines differ, and old programs stored local time.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromDays(1);

    /// <summary>Returns the layout as far as it can be read, damage or not; null where the file is too small.</summary>
    public static ImageLayout? Run(ImageFile file, CheckOptions options, FindingLog log)
    {
        ImageLayout layout;
        try
        {
            layout = ImageLayout.Read(file, new LayoutOptions { SizeRule = options.SizeRule });
        }
        catch (VhdFormatException error)
        {
            log.Add(error.Finding);
            return null;
        }

        foreach (Finding finding in layout.Findings)
        {
            log.Add(finding);
        }

        if (layout.FindBlockingFinding(forWriting: false)?.Effect == FaultEffect.UnreadableUnlessForced)
        {
            layout = ReadForced(file, options, layout, log);
        }

        if (layout.StoredFooter is not null)
        {
            CheckFooter(layout, options, log);
        }

        if (layout.Header is not null)
        {
            CheckParent(layout, log);
            CheckBlockSize(layout, log);
        }

        return layout;
    }

    /// <summary>What lies after a damage that only force overcomes; its findings that are not known yet are added.</summary>
    private static ImageLayout ReadForced(ImageFile file, CheckOptions options, ImageLayout refused, FindingLog log)
    {
        var forced = ImageLayout.Read(file, new LayoutOptions { SizeRule = options.SizeRule, Force = true });
        HashSet<(FaultCode, VhdStructure, long?)> known =
            [.. refused.Findings.Select(finding => (finding.Code, finding.Structure, finding.FileOffset))];
        foreach (Finding finding in forced.Findings.Where(
            finding => !known.Contains((finding.Code, finding.Structure, finding.FileOffset))))
        {
            log.Add(finding);
        }

        return forced;
    }

    private static void CheckFooter(ImageLayout layout, CheckOptions options, FindingLog log)
    {
        HardDiskFooter footer = layout.Footer;
        long at = layout.StoredFooter!.FileOffset;
        VhdStructure structure = layout.StoredFooterStructure;
        if (options.Now is { } now && footer.TimeStamp > now + ClockTolerance)
        {
            log.Add(new Finding(
                FaultCode.TimeStampInFuture, structure, at + HardDiskFooter.TimeStampAt, Time(now), Time(footer.TimeStamp),
                "The time stamp lies in the future."));
        }

        if (footer.OriginalSize != footer.CurrentSize)
        {
            log.Add(new Finding(
                FaultCode.OriginalSizeDiffers, structure, at + HardDiskFooter.OriginalSizeAt, Invariant($"{footer.CurrentSize} bytes"),
                Invariant($"{footer.OriginalSize} bytes"), "The original size is not the current size."));
        }
    }

    private static void CheckBlockSize(ImageLayout layout, FindingLog log)
    {
        // QUIRK(qemu): its driver takes a 4096th of the block's length, in whole bytes, for the bitmap's: none here.
        if (layout.BlockSize is > 0 and < MinQemuBlockSize)
        {
            log.Add(new Finding(
                FaultCode.BlockSizeMisread, VhdStructure.DynamicHeader, (long)layout.Footer.DataOffset + DynamicDiskHeader.BlockSizeAt,
                Invariant($"{MinQemuBlockSize} bytes or more"), Invariant(
                    $"{layout.BlockSize} bytes"), "QEMU reads other data than the image holds, and destroys it by writing."));
        }
    }

    private static void CheckParent(ImageLayout layout, FindingLog log)
    {
        DynamicDiskHeader header = layout.Header!;
        long headerOffset = (long)layout.Footer.DataOffset;
        bool isNamed = header.ParentUniqueId != Guid.Empty || header.ParentUnicodeName.Length > 0;
        foreach (ParentLocator locator in header.ParentLocators.Where(locator => locator.IsUsed))
        {
            isNamed = true;
            if (!Enum.IsDefined(locator.Code))
            {
                log.Add(new Finding(
                    FaultCode.LocatorCodeUnknown, VhdStructure.ParentLocator, headerOffset + DynamicDiskHeader.LocatorAt(locator.Index),
                    "W2ku, W2ru, MacX or Mac", $"0x{(uint)locator.Code:X8}", $"Locator {locator.Index} is of an unknown kind."));
            }
        }

        if (isNamed && layout.VhdType == VhdType.Dynamic)
        {
            log.Add(new Finding(
                FaultCode.ParentInformationUnexpected, VhdStructure.DynamicHeader, headerOffset + DynamicDiskHeader.ParentUniqueIdAt,
                "no parent",
                header.ParentUnicodeName.Length > 0 ? header.ParentUnicodeName : header.ParentUniqueId.ToString(),
                "A dynamic image names a parent."));
        }
    }

    private static string Time(DateTime time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
