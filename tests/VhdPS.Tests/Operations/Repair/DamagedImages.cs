using VhdPS.Engine.Format;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>A small image with one fault, and whether the file proves what would be right.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Code">The fault.</param>
/// <param name="IsMended">Whether repair mends it.</param>
/// <param name="Bytes">The file.</param>
internal sealed record DamagedImage(string Name, FaultCode Code, bool IsMended, byte[] Bytes);

/// <summary>Images with faults made on purpose, one of each kind that repair knows.</summary>
internal static class DamagedImages
{
    /// <summary>All of them.</summary>
    public static IEnumerable<DamagedImage> All()
    {
        yield return new("footer cut off", FaultCode.FooterMissing, true, Dynamic().CutEnd(512).Bytes);
        yield return new("footer zeroed", FaultCode.FooterMissing, true, Overwrite(Dynamic(), 0));
        yield return new("footer killed by tapdisk", FaultCode.FooterMissing, true, Overwrite(Dynamic(), 0xC7));
        yield return new(
            "footer with another cookie", FaultCode.FooterMissing, true, Poked(Dynamic(), image => image.FooterOffset, "xxxxxxxx"u8));
        yield return new("cut off in the last block", FaultCode.FooterMissing, false, Dynamic().CutEnd(512 + 1024).Bytes);
        yield return new(
            "footer's checksum wrong", FaultCode.FooterChecksumMismatch, true, Dynamic().PutEnd(64, [1, 2, 3, 4], reseal: false).Bytes);
        yield return new(
            "footer's checksum zero", FaultCode.FooterChecksumZero, true, Dynamic().PutEnd(64, [0, 0, 0, 0], reseal: false).Bytes);
        yield return new("copy zeroed", FaultCode.FooterCopyMissing, true, Dynamic().Poke(0, new byte[512]).Bytes);
        yield return new("copy's size wrong", FaultCode.FooterChecksumMismatch, true, Dynamic().PutFront(48, [9], reseal: false).Bytes);
        yield return new("copy with another id", FaultCode.FootersDiffer, true, Dynamic().PutFront(68, [9]).Bytes);
        yield return new(
            "both checksums wrong, fields equal", FaultCode.FooterChecksumMismatch, true,
            Dynamic().PutFooter(64, 0xDEADBEEFu, reseal: false).Bytes);
        yield return new("both footers hurt in different ways", FaultCode.FooterChecksumMismatch, false, Dynamic()
            .PutFront(49, [1], reseal: false).PutEnd(50, [7], reseal: false).Bytes);
        yield return new(
            "hidden byte set without the checksum", FaultCode.FooterChecksumMismatch, true,
            Dynamic().PutFooter(85, [1], reseal: false).Bytes);
        yield return new(
            "fixed, size wrong", FaultCode.FooterChecksumMismatch, true, ImageBytes.Fixed().PutEnd(48, [0, 0, 1], reseal: false).Bytes);
        yield return new(
            "fixed, checksum zero", FaultCode.FooterChecksumMismatch, true,
            ImageBytes.Fixed().PutEnd(64, [0, 0, 0, 0], reseal: false).Bytes);
        yield return new(
            "fixed, id changed", FaultCode.FooterChecksumMismatch, false, ImageBytes.Fixed().PutEnd(70, [1, 2, 3], reseal: false).Bytes);
        yield return new("511 bytes", FaultCode.FooterIs511Bytes, true, Dynamic().CutEnd(1).Bytes);
        yield return new("fixed, 511 bytes", FaultCode.FooterIs511Bytes, true, ImageBytes.Fixed().CutEnd(1).Bytes);
        yield return new("zeros behind the footer", FaultCode.TrailingBytes, true, Dynamic().Append(new byte[3000]).Bytes);
        yield return new("fixed, zeros behind the footer", FaultCode.TrailingBytes, true, ImageBytes.Fixed().Append(new byte[512]).Bytes);
        yield return new("no id", FaultCode.UniqueIdNull, true, Dynamic().PutFooter(68, new byte[16]).Bytes);
        yield return new("next offset of 2010", FaultCode.NextOffsetPresent, true, Dynamic().PutHeader(8, 0x00000000_FFFFFFFFul).Bytes);
        yield return new(
            "header's checksum wrong", FaultCode.HeaderChecksumMismatch, true, Dynamic().PutHeader(36, 1u, reseal: false).Bytes);
        yield return new(
            "next offset wrong, header not resealed", FaultCode.HeaderChecksumMismatch, true,
            Dynamic().PutHeader(8, 77ul, reseal: false).Bytes);
        yield return new(
            "parent's name in a header not resealed", FaultCode.HeaderChecksumMismatch, false,
            Dynamic().PutHeader(770, 5u, reseal: false).Bytes);
        yield return new("one entry too many", FaultCode.TableEntriesTooMany, true, Dynamic().PutHeader(28, 17u).Bytes);
        yield return new("extra entry in use", FaultCode.TableEntriesTooMany, false, Dynamic().PutHeader(28, 17u).PutEntry(16, 12).Bytes);
        yield return new("entry 0", FaultCode.BatEntryInStructure, true, Dynamic().PutEntry(9, 0).Bytes);
        yield return new("entry in the table", FaultCode.BatEntryInStructure, true, Dynamic().PutEntry(9, 3).Bytes);
        yield return new("entry far past the end", FaultCode.BatEntryPastEnd, true, Dynamic().PutEntry(9, 0xFFFFFFFE).Bytes);
        yield return new("entry right past the end", FaultCode.BatEntryPastEnd, false, PastEnd());
        yield return new("two entries, data", FaultCode.BatEntryDuplicate, false, Twice(0x55));
        yield return new("two entries, zeros", FaultCode.BatEntryDuplicate, true, Twice(0));
        yield return new("entry into a block's data", FaultCode.BlocksOverlap, true, IntoData());
        yield return new("data under clear bits", FaultCode.BitmapStale, true, Dynamic().AddBlock(7, 0x66, [0xF0]).Bytes);
        yield return new(
            "Xen's remains under clear bits", FaultCode.BitmapStale, false,
            Dynamic().PutFooter(28, "tap\0").AddBlock(7, 0x66, [0xF0]).Bytes);
        yield return new("short last block", FaultCode.LastBlockShort, true, ShortLast());
        yield return new("short last block over another's entry", FaultCode.LastBlockShort, false, ShortLastOverAnother());
        yield return new(
            "a table that reaches behind the footer", FaultCode.TrailingBytes, false,
            Dynamic().PutHeader(28, 5000u).Append(new byte[8000]).Bytes);
        yield return new("entry in the header of a file that was cut off", FaultCode.FooterMissing, false, CutOffInBlocks());
    }

    private static ImageBytes Dynamic() => ImageBytes.Dynamic().AddBlock(2, 0x11).AddBlock(0, 0x22).AddBlock(5, 0x33);

    private static byte[] Overwrite(ImageBytes image, byte value)
    {
        image.Bytes.AsSpan(image.FooterOffset).Fill(value);
        return image.Bytes;
    }

    private static byte[] Poked(ImageBytes image, Func<ImageBytes, int> at, ReadOnlySpan<byte> bytes) => image.Poke(at(image), bytes).Bytes;

    private static byte[] PastEnd()
    {
        ImageBytes image = Dynamic();
        return image.PutEntry(9, (uint)(image.FooterOffset / 512)).Bytes;
    }

    private static byte[] Twice(byte fill)
    {
        ImageBytes image = Dynamic().AddBlock(7, fill);
        return image.PutEntry(9, image.GetEntry(7)).Bytes;
    }

    private static byte[] IntoData()
    {
        ImageBytes image = Dynamic().AddBlock(7, 0x44);
        return image.PutEntry(9, image.GetEntry(5) + 3).Bytes;
    }

    /// <summary>Were the file as long as the short block asks for, another entry would name a place in it.</summary>
    private static byte[] ShortLastOverAnother()
    {
        ImageBytes image = ImageBytes.Dynamic((16 * 4096) - 1024).AddBlock(1, 0x11).AddBlock(15, 0x22);
        image.PutEntry(8, image.GetEntry(15) - 1);
        byte[] bytes = image.Bytes;
        return [.. bytes.AsSpan(0, bytes.Length - 512 - 1024), .. bytes.AsSpan(bytes.Length - 512)];
    }

    private static byte[] CutOffInBlocks()
    {
        ImageBytes image = Dynamic().PutEntry(9, 2);
        return image.Bytes[..(((int)image.GetEntry(2) * 512) + 1024)];
    }

    private static byte[] ShortLast()
    {
        ImageBytes image = ImageBytes.Dynamic((16 * 4096) - 1024).AddBlock(1, 0x11).AddBlock(15, 0x22);
        byte[] bytes = image.Bytes;
        return [.. bytes.AsSpan(0, bytes.Length - 512 - 1024), .. bytes.AsSpan(bytes.Length - 512)];
    }
}
