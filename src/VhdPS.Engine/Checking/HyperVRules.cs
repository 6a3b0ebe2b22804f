using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>What Hyper-V and Windows' disk management ask of a VHD. Source: the Hyper-V module's documents; QEMU block/vpc.c.</summary>
internal static class HyperVRules
{
    /// <summary>Judges each rule.</summary>
    public static void Judge(TargetRules rules, ImageFile file, ImageLayout? layout)
    {
        rules.AddFooters(FaultCode.HyperVFooterUnsound, layout, "Hyper-V refuses a damaged, short or misplaced footer.");
        if (layout?.StoredFooter is null)
        {
            return;
        }

        HardDiskFooter footer = layout.Footer;
        long at = layout.StoredFooter.FileOffset;
        rules.Add(
            FaultCode.HyperVSizeOutOfRange, footer.CurrentSize is > 0 and <= VhdSpec.MaxSize, VhdStructure.Footer,
            at + HardDiskFooter.CurrentSizeAt,
            Invariant($"1 to {VhdSpec.MaxSize} bytes"), Invariant($"{footer.CurrentSize}"), "The size is out of Hyper-V's range.");
        rules.AddSizeSeen(FaultCode.HyperVSizeSeenDiffers, layout, footer.CurrentSize, "Hyper-V sees another size than the creator meant.");
        rules.Add(
            FaultCode.HyperVUniqueIdNull, footer.UniqueId != Guid.Empty, VhdStructure.Footer, at + HardDiskFooter.UniqueIdAt, "an id",
            footer.UniqueId.ToString(), "The image has no id.");
        rules.AddBlockSize(FaultCode.HyperVBlockSizeUnknown, layout, "Hyper-V knows other block sizes only.");
        if (layout.Header is { } header)
        {
            rules.Add(
                FaultCode.HyperVNextOffsetPresent, header.NextOffset == VhdSpec.AbsentOffset, VhdStructure.DynamicHeader,
                (long)footer.DataOffset + DynamicDiskHeader.NextOffsetAt,
                "0xFFFFFFFFFFFFFFFF", $"0x{header.NextOffset:X16}", "The header names a next structure.");
            if (layout.BlockSize > 0)
            {
                rules.Add(
                    FaultCode.HyperVTableEntriesMismatch, header.MaxTableEntries == layout.BlockCount, VhdStructure.DynamicHeader,
                    (long)footer.DataOffset + DynamicDiskHeader.MaxTableEntriesAt,
                    Invariant($"{layout.BlockCount}"), Invariant($"{header.MaxTableEntries}"), "The table has not one entry a block.");
            }
        }

        JudgeFile(rules, file, layout.FileLength);
    }

    /// <summary>Judges what Hyper-V asks of the file, whatever the image's format.</summary>
    public static void JudgeFile(TargetRules rules, ImageFile file, long fileLength)
    {
        // Hyper-V asks the attributes: a sparse file without a hole is refused too. Other systems have only the holes to go by.
        if (file.WindowsAttributes is { } attributes)
        {
            FileAttributes refused = attributes & (FileAttributes.SparseFile | FileAttributes.Compressed | FileAttributes.Encrypted);
            rules.Add(
                FaultCode.HyperVFileSparse, refused == 0, VhdStructure.File, null,
                "neither sparse, compressed nor encrypted", $"{refused}", "Hyper-V refuses the file's attributes.");
        }
        else
        {
            rules.Add(
                FaultCode.HyperVFileHasHoles, file.SizeOnDisk >= fileLength, VhdStructure.File, null,
                Invariant($"{fileLength} bytes on the medium"), Invariant($"{file.SizeOnDisk}"), "The file has holes.");
        }
    }
}
