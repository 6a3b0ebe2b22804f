using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>What Azure asks of an upload. Source: Azure's documents on preparing a VHD and DiskCreationData; azure-vhd-utils.</summary>
internal static class AzureRules
{
    /// <summary>A size is a multiple of this many bytes.</summary>
    public const long Mebibyte = 1024 * 1024;

    /// <summary>The least size in bytes.</summary>
    public const long MinSize = 20_971_520;

    /// <summary>The largest managed disk in bytes: 32,767 GiB.</summary>
    public const long MaxSize = VhdSpec.MaxFixedSize;

    /// <summary>The longest page blob in bytes, 8 TiB, which has to hold disk and footer.</summary>
    public const long MaxPageBlobLength = 8L * 1024 * 1024 * Mebibyte;

    private const long MaxBootSize = 2L * 1024 * 1024 * Mebibyte;

    /// <summary>Judges each rule.</summary>
    public static void Judge(TargetRules rules, ImageLayout? layout)
    {
        StoredFooter? end = layout?.Footers.End;
        bool isAtEnd = end is not null && layout!.Footers.TrailingBytes == 0 && end.Footer.StoredLength == VhdSpec.FooterSize
            && end.Footer.HasCookie;
        rules.Add(
            FaultCode.AzureFooterNotAtEnd, isAtEnd, VhdStructure.Footer,
            layout is null ? null : Math.Max(0, layout.FileLength - VhdSpec.FooterSize),
            "the cookie conectix 512 bytes before the end", isAtEnd ? "conectix" : "another value",
            "Azure looks for the footer in the last 512 bytes.");
        if (layout?.StoredFooter is null)
        {
            return;
        }

        HardDiskFooter footer = layout.Footer;
        rules.Add(
            FaultCode.AzureFooterChecksumMismatch, isAtEnd && end!.Footer.IsChecksumValid, VhdStructure.Footer,
            end?.FileOffset + HardDiskFooter.ChecksumAt,
            $"0x{(end?.Footer ?? footer).ComputedChecksum:X8}", isAtEnd ? $"0x{end!.Footer.Checksum:X8}"
                : "no footer at the end", "The checksum of the footer at the end is not valid.");
        rules.Add(
            FaultCode.AzureTypeNotFixed, footer.DiskType == VhdType.Fixed, VhdStructure.Footer,
            layout.StoredFooter.FileOffset + HardDiskFooter.DiskTypeAt,
            "2 (fixed)", Invariant($"{footer.DiskTypeValue} ({footer.DiskType.ToString().ToLowerInvariant()})"),
            "Azure takes fixed images.");

        long currentAt = layout.StoredFooter.FileOffset + HardDiskFooter.CurrentSizeAt;
        ulong current = footer.CurrentSize;
        string wholeSize = current is 0 or > MaxSize || current % Mebibyte == 0
            ? "a multiple of 1048576"
            : Invariant($"{(current / Mebibyte * Mebibyte) + Mebibyte}, the next multiple of 1048576");
        rules.Add(
            FaultCode.AzureSizeNotWholeMebibytes, current % Mebibyte == 0, VhdStructure.Footer, currentAt,
            wholeSize, Invariant($"{current}"), "The size is not a whole number of mebibytes.");
        rules.Add(
            FaultCode.AzureSizeOutOfRange, current is >= MinSize and <= MaxSize, VhdStructure.Footer, currentAt,
            Invariant($"{MinSize} to {MaxSize} bytes"), Invariant($"{current}"), "The size is out of Azure's range.");
        rules.AddSizeSeen(FaultCode.AzureSizeSeenDiffers, layout, current, "Azure sees another size than the creator meant.");
        rules.Add(
            FaultCode.AzureDiskTooLargeToBoot, current <= MaxBootSize, VhdStructure.Footer, currentAt,
            Invariant($"at most {MaxBootSize} bytes"), Invariant($"{current}"), "The disk cannot boot a first-generation machine.");
        rules.Add(
            FaultCode.AzureDiskTooLargeForBlob, current <= MaxPageBlobLength - VhdSpec.FooterSize, VhdStructure.Footer, currentAt,
            Invariant($"at most {MaxPageBlobLength - VhdSpec.FooterSize} bytes"), Invariant($"{current}"),
            "No page blob is large enough for the disk.");
        if (footer.DiskType == VhdType.Fixed)
        {
            rules.Add(
                FaultCode.AzureFileLengthMismatch, current <= MaxSize && layout.FileLength == (long)current + VhdSpec.FooterSize,
                VhdStructure.File, null,
                current <= MaxSize ? Invariant($"{current + VhdSpec.FooterSize} bytes")
                    : "the size and 512 bytes", Invariant($"{layout.FileLength} bytes"),
                "The file is not as long as the disk and its footer.");
        }
        else if (layout.Header is { } header && layout.BlockSize > 0)
        {
            rules.Add(
                FaultCode.AzureTableEntriesTooMany, header.MaxTableEntries <= layout.BlockCount, VhdStructure.DynamicHeader,
                (long)footer.DataOffset + DynamicDiskHeader.MaxTableEntriesAt,
                Invariant($"{layout.BlockCount}"), Invariant(
                    $"{header.MaxTableEntries}"), "The table has more entries than the disk has blocks.");
        }
    }
}
