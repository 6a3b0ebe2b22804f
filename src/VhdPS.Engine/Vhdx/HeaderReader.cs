using System.Globalization;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>Reads both headers, judges them, and tells which is current.</summary>
internal sealed class HeaderReader(ImageFile file, List<Finding> findings)
{
    /// <summary>The current header, or the one that is used where the file is read by force; null where there is none.</summary>
    public VhdxHeader? Read()
    {
        VhdxHeader first = ReadAt(VhdxSpec.Header1Offset), second = ReadAt(VhdxSpec.Header2Offset);
        (VhdxHeader Header, long FileOffset)? current = Choose(first, second);
        if (current is { } chosen)
        {
            Check(chosen.Header, chosen.FileOffset);
        }

        return current?.Header;
    }

    private (VhdxHeader Header, long FileOffset)? Choose(VhdxHeader first, VhdxHeader second)
    {
        if (first.IsValid && second.IsValid)
        {
            if (first.SequenceNumber == second.SequenceNumber && !first.Bytes.SequenceEqual(second.Bytes))
            {
                findings.Add(new Finding(
                    FaultCode.VhdxHeadersAmbiguous, VhdStructure.VhdxHeader, VhdxSpec.Header2Offset + 8,
                    "another sequence number than the first header's",
                    Text(second.SequenceNumber), "Both headers have the same sequence number and differ."));
            }

            return first.SequenceNumber >= second.SequenceNumber ? (first, VhdxSpec.Header1Offset) : (second, VhdxSpec.Header2Offset);
        }

        if (first.IsValid || second.IsValid)
        {
            findings.Add(first.IsValid ? Damaged(second, VhdxSpec.Header2Offset) : Damaged(first, VhdxSpec.Header1Offset));
            return first.IsValid ? (first, VhdxSpec.Header1Offset) : (second, VhdxSpec.Header2Offset);
        }

        // Read by force, a header serves whose checksum alone is wrong.
        bool isFirst = first.HasSignature && (!second.HasSignature || first.SequenceNumber >= second.SequenceNumber);
        VhdxHeader used = isFirst ? first : second;
        findings.Add(Damaged(used, isFirst ? VhdxSpec.Header1Offset : VhdxSpec.Header2Offset) with
        {
            Code = FaultCode.VhdxHeadersInvalid,
            Message = "Both headers are damaged.",
            Severity = Severity.Error,
            Effect = used.HasSignature ? FaultEffect.UnreadableUnlessForced : FaultEffect.Unreadable,
        });
        return used.HasSignature ? (used, isFirst ? VhdxSpec.Header1Offset : VhdxSpec.Header2Offset) : null;
    }

    private void Check(VhdxHeader header, long fileOffset)
    {
        if (header.Version != VhdxSpec.Version)
        {
            findings.Add(new Finding(
                FaultCode.VhdxVersionUnsupported, VhdStructure.VhdxHeader, fileOffset + 66, Text(VhdxSpec.Version), Text(header.Version),
                "The version of the format is not known."));
        }

        if (header.DataWriteGuid == Guid.Empty)
        {
            findings.Add(new Finding(
                FaultCode.VhdxDataWriteGuidNull, VhdStructure.VhdxHeader, fileOffset + 32, "a random id", "zeros",
                "The id by which children name the image is all zeros."));
        }

        if (header.FindReservedByte() is >= 0 and int reserved)
        {
            findings.Add(new Finding(
                FaultCode.VhdxReservedNotZero, VhdStructure.VhdxHeader, fileOffset + reserved, "0x00", $"0x{header.Bytes[reserved]:X2}",
                "Reserved bytes of the header are not zero.")
            {
                Severity = Severity.Note,
            });
        }
    }

    private static Finding Damaged(VhdxHeader header, long fileOffset) => header.HasSignature
        ? new Finding(
            FaultCode.VhdxHeaderInvalid, VhdStructure.VhdxHeader, fileOffset + 4, $"0x{header.ComputedChecksum:X8}",
            $"0x{header.Checksum:X8}",
            "The checksum of the header is not that of its bytes.")
        : new Finding(
            FaultCode.VhdxHeaderInvalid, VhdStructure.VhdxHeader, fileOffset, "head", SignatureText.Of(header.Bytes[..4]),
            "There is no header.");

    private VhdxHeader ReadAt(long fileOffset)
    {
        byte[] bytes = new byte[VhdxSpec.HeaderSize];
        file.ReadAt(fileOffset, bytes);
        return VhdxHeader.Parse(bytes);
    }

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
