using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>Reads the dynamic header and judges it.</summary>
internal static class HeaderLayout
{
    /// <summary>Returns the header where the footer says; null where there is none.</summary>
    /// <param name="draft">Receives the findings, and the header's place.</param>
    /// <param name="stored">The footer.</param>
    /// <param name="dataEnd">File offset where the footer at the end begins, or would have to.</param>
    public static DynamicDiskHeader? Read(LayoutDraft draft, StoredFooter stored, long dataEnd)
    {
        ulong offset = stored.Footer.DataOffset;
        if (offset < VhdSpec.FooterSize || offset > (ulong)dataEnd || dataEnd - (long)offset < VhdSpec.HeaderSize)
        {
            draft.Findings.Add(new Finding(
                FaultCode.DataOffsetOutOfRange,
                stored.FileOffset == 0 ? VhdStructure.FooterCopy : VhdStructure.Footer,
                stored.FileOffset + HardDiskFooter.DataOffsetAt,
                "512",
                $"0x{offset:X}",
                "The footer names no place of the file for the dynamic header."));
            return null;
        }

        Span<byte> bytes = stackalloc byte[VhdSpec.HeaderSize];
        draft.File.ReadAt((long)offset, bytes);
        var header = DynamicDiskHeader.Parse(bytes);
        draft.Structures.Add(new StructureExtent(VhdStructure.DynamicHeader, (long)offset, VhdSpec.HeaderSize));
        void Add(FaultCode code, int at, string expected, string actual, string message, FaultEffect? effect = null)
        {
            var finding = new Finding(code, VhdStructure.DynamicHeader, (long)offset + at, expected, actual, message);
            draft.Findings.Add(effect is { } other ? finding with { Effect = other } : finding);
        }

        if (!header.HasCookie)
        {
            Add(
                FaultCode.HeaderCookieMismatch, DynamicDiskHeader.CookieAt, "cxsparse", Printable(header.Cookie),
                "There is no dynamic header where the footer says.");
            return null;
        }

        if (!header.IsChecksumValid)
        {
            Add(
                FaultCode.HeaderChecksumMismatch, DynamicDiskHeader.ChecksumAt, Hex(header.ComputedChecksum), Hex(header.Checksum),
                "The checksum of the header is not valid.",
                draft.Options.Force ? FaultEffect.ReadOnly : null);
        }

        if (header.HeaderVersion >> 16 != 1)
        {
            Add(
                FaultCode.HeaderVersionUnsupported, DynamicDiskHeader.HeaderVersionAt, "1.0", LayoutDraft.Version(header.HeaderVersion),
                "The header version is not known.");
        }

        if (header.NextOffset != VhdSpec.AbsentOffset)
        {
            // QUIRK(qemu): the driver of 2010 wrote 32 bits of ones; anything else is not a known writer's.
            draft.Findings.Add(new Finding(
                FaultCode.NextOffsetPresent, VhdStructure.DynamicHeader, (long)offset + DynamicDiskHeader.NextOffsetAt,
                "0xFFFFFFFFFFFFFFFF", $"0x{header.NextOffset:X16}",
                "The header names a next structure, and there is none.")
            {
                Severity = header.NextOffset == 0xFFFF_FFFF ? Severity.Note : Severity.Warning,
            });
        }

        if (header.FindReservedByte() is >= 0 and int reserved)
        {
            Add(
                FaultCode.ReservedBytesNotZero, reserved, "0x00", $"0x{header.Bytes[reserved]:X2}",
                "Reserved bytes of the header are not zero.");
        }

        return header;
    }

    private static string Hex(uint value) => $"0x{value:X8}";

    private static string Printable(string cookie) =>
        cookie.All(c => c is >= ' ' and <= '~') ? cookie : Convert.ToHexString(System.Text.Encoding.Latin1.GetBytes(cookie));
}
