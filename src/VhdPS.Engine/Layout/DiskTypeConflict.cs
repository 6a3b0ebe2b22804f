using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Layout;

/// <summary>
/// Refuses a footer of type fixed over a file that has blocks: a write to the first sectors of the disk would overwrite the
/// header. A fixed disk whose data is an image (a nested one) ends exactly at its footer and is none of that.
/// </summary>
internal static class DiskTypeConflict
{
    /// <summary>The footer to go by: where reading is forced, one of the type that header and length say.</summary>
    public static StoredFooter Resolve(LayoutDraft draft, StoredFooter stored)
    {
        HardDiskFooter footer = stored.Footer;
        if (footer.DiskType != VhdType.Fixed || IsLengthOfFixed(draft.File.Length, footer.CurrentSize)
            || FindHeader(draft, footer) is not { } found)
        {
            return stored;
        }

        VhdType type = found.Header.ParentUniqueId == Guid.Empty ? VhdType.Dynamic : VhdType.Differencing;
        draft.Findings.Add(new Finding(
            FaultCode.DiskTypeAmbiguous, VhdStructure.Footer, stored.FileOffset
                + HardDiskFooter.DiskTypeAt, Invariant($"{(uint)type} ({type})"),
            Invariant($"{footer.DiskTypeValue} (fixed)"), Invariant(
                $"There is a dynamic header at offset {found.FileOffset}, and the file has not the length of a fixed disk."))
        {
            Effect = draft.Options.Force ? FaultEffect.ReadOnly : FaultEffect.UnreadableUnlessForced,
        });
        return draft.Options.Force ? stored with { Footer = footer.With(diskType: type, dataOffset: (ulong)found.FileOffset) } : stored;
    }

    private static bool IsLengthOfFixed(long fileLength, ulong currentSize) =>
        currentSize <= long.MaxValue
        && (fileLength - VhdSpec.FooterSize == (long)currentSize || fileLength - VhdSpec.LegacyFooterSize == (long)currentSize);

    private static (DynamicDiskHeader Header, long FileOffset)? FindHeader(LayoutDraft draft, HardDiskFooter footer)
    {
        Span<byte> bytes = stackalloc byte[VhdSpec.HeaderSize];
        foreach (ulong offset in (ReadOnlySpan<ulong>)[footer.DataOffset, VhdSpec.FooterSize])
        {
            if (offset <= (ulong)draft.File.Length && draft.File.ReadAt((long)offset, bytes) == bytes.Length
                && DynamicDiskHeader.Parse(bytes) is { HasCookie: true, IsChecksumValid: true } header)
            {
                return (header, (long)offset);
            }
        }

        return null;
    }
}
