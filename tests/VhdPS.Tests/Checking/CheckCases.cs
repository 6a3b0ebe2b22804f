using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Tests.Format;
using VhdPS.Tests.Partitions;

namespace VhdPS.Tests.Checking;

/// <summary>An image with a fault and what a check must say of it.</summary>
/// <param name="Code">The finding that must be there.</param>
/// <param name="Severity">How grave it is.</param>
/// <param name="FileOffset">Where it is; null for the file as a whole.</param>
/// <param name="Bytes">The file.</param>
/// <param name="Target">For whom it is a fault.</param>
internal sealed record CheckCase(FaultCode Code, Severity Severity, long? FileOffset, byte[] Bytes, CheckTarget Target = CheckTarget.Any);

/// <summary>One image for each fault that a check of one file can find.</summary>
internal static class CheckCases
{
    public static IEnumerable<CheckCase> All() =>
        [.. Footers(), .. Sizes(), .. Headers(), .. Tables(), .. Parents(), .. Xen(), .. Targets(), .. PartitionTables()];

    private static IEnumerable<CheckCase> Footers()
    {
        ImageBytes image = Dynamic();
        yield return new(FaultCode.FileTooSmall, Severity.Error, null, new byte[510]);
        yield return new(FaultCode.NotVhd, Severity.Error, 4096 - 512, new byte[4096]);
        yield return new(FaultCode.FooterPoisoned, Severity.Error, image.FooterOffset, Dynamic().PutFooter(0, "v_poison").Bytes);
        yield return new(FaultCode.FooterMissing, Severity.Warning, image.Bytes.Length - 1024, Dynamic().CutEnd(512).Bytes);
        yield return new(FaultCode.FooterCopyMissing, Severity.Warning, 0, Dynamic().Poke(0, new byte[512]).Bytes);
        yield return new(
            FaultCode.FooterChecksumMismatch, Severity.Warning, image.FooterOffset, Dynamic().PutEnd(100, [1], reseal: false).Bytes);
        yield return new(FaultCode.FooterChecksumMismatch, Severity.Error, 0, Dynamic().PutFooter(100, [1], reseal: false).Bytes);
        yield return new(
            FaultCode.FooterChecksumZero, Severity.Note, image.FooterOffset, Dynamic().PutEnd(64, new byte[4], reseal: false).Bytes);
        yield return new(FaultCode.FootersDiffer, Severity.Warning, 70, Dynamic().PutFront(70, [1]).Bytes);
        yield return new(FaultCode.FooterIs511Bytes, Severity.Note, image.FooterOffset, Dynamic().CutEnd(1).Bytes);
        yield return new(FaultCode.TrailingBytes, Severity.Warning, image.Bytes.Length, Dynamic().Append(new byte[700]).Bytes);
        yield return new(FaultCode.FeatureReservedBitClear, Severity.Note, image.FooterOffset + 8, Dynamic().PutFooter(8, 0u).Bytes);
        yield return new(FaultCode.FeatureBitsUnknown, Severity.Warning, image.FooterOffset + 8, Dynamic().PutFooter(8, 0x103u).Bytes);
        yield return new(
            FaultCode.FormatVersionUnsupported, Severity.Error, image.FooterOffset + 12, Dynamic().PutFooter(12, 0x20000u).Bytes);
        yield return new(
            FaultCode.FormatVersionMinorUnknown, Severity.Warning, image.FooterOffset + 12, Dynamic().PutFooter(12, 0x10001u).Bytes);
        yield return new(FaultCode.DiskTypeAmbiguous, Severity.Error, image.FooterOffset + 60, Dynamic().PutFooter(60, 2u).Bytes);
        yield return new(FaultCode.DiskTypeUnsupported, Severity.Error, image.FooterOffset + 60, Dynamic().PutFooter(60, 5u).Bytes);
        yield return new(FaultCode.DataOffsetOutOfRange, Severity.Error, image.FooterOffset + 16, Dynamic().PutFooter(16, 1UL << 40).Bytes);
        yield return new(FaultCode.DataOffsetPresent, Severity.Note, 65536 + 16, ImageBytes.Fixed().PutFooter(16, 512UL).Bytes);
        yield return new(FaultCode.SavedState, Severity.Note, image.FooterOffset + 84, Dynamic().PutFooter(84, [1]).Bytes);
        yield return new(FaultCode.ReservedBytesNotZero, Severity.Note, image.FooterOffset + 300, Dynamic().PutFooter(300, [1]).Bytes);
        yield return new(FaultCode.TimeStampInFuture, Severity.Note, image.FooterOffset + 24, Dynamic().PutFooter(24, uint.MaxValue).Bytes);
        yield return new(FaultCode.UniqueIdNull, Severity.Warning, image.FooterOffset + 68, Dynamic().PutFooter(68, new byte[16]).Bytes);
    }

    private static IEnumerable<CheckCase> Sizes()
    {
        ImageBytes image = Dynamic();
        yield return new(FaultCode.SizeZero, Severity.Warning, 48, ImageBytes.Fixed(0).Bytes);
        yield return new(FaultCode.SizeTooLarge, Severity.Error, image.FooterOffset + 48, Dynamic().PutFooter(48, ulong.MaxValue).Bytes);
        yield return new(FaultCode.SizeNotSectorAligned, Severity.Warning, image.FooterOffset + 48, Dynamic().PutFooter(48, 65000UL).Bytes);
        yield return new(FaultCode.GeometryZero, Severity.Note, image.FooterOffset + 56, Dynamic().PutFooter(56, 0u).Bytes);
        yield return new(FaultCode.GeometrySizeDiffers, Severity.Note, image.FooterOffset + 56, Dynamic().PutFooter(28, "vbox").Bytes);
        yield return new(FaultCode.OriginalSizeDiffers, Severity.Note, image.FooterOffset + 40, Dynamic().PutFooter(40, 512UL).Bytes);
        yield return new(FaultCode.FixedDataTruncated, Severity.Error, 65536, ImageBytes.Fixed().PutFooter(48, 65536UL + 512).Bytes);
        yield return new(FaultCode.FixedFileTooLong, Severity.Warning, 65024, ImageBytes.Fixed().PutFooter(48, 65024UL).Bytes);
    }

    private static IEnumerable<CheckCase> Headers()
    {
        yield return new(FaultCode.BlockSizeMisread, Severity.Note, 512 + 32, ImageBytes.Dynamic(64 * 1024, 2048).Bytes);
        yield return new(FaultCode.HeaderCookieMismatch, Severity.Error, 512, Dynamic().PutHeader(0, "cxsparsf"u8.ToArray()).Bytes);
        yield return new(FaultCode.HeaderChecksumMismatch, Severity.Error, 512 + 36, Dynamic().PutHeader(800, [1], reseal: false).Bytes);
        yield return new(FaultCode.HeaderVersionUnsupported, Severity.Error, 512 + 24, Dynamic().PutHeader(24, 0x20000u).Bytes);
        yield return new(FaultCode.NextOffsetPresent, Severity.Note, 512 + 8, Dynamic().PutHeader(8, 0xFFFFFFFFUL).Bytes);
        yield return new(FaultCode.NextOffsetPresent, Severity.Warning, 512 + 8, Dynamic().PutHeader(8, 512UL).Bytes);
        yield return new(FaultCode.BlockSizeUnsupported, Severity.Error, 512 + 32, Dynamic().PutHeader(32, 0u).Bytes);
        yield return new(FaultCode.TableEntriesTooFew, Severity.Error, 512 + 28, Dynamic().PutHeader(28, 15u).Bytes);
        yield return new(FaultCode.TableEntriesTooMany, Severity.Note, 512 + 28, Dynamic().PutHeader(28, 17u).Bytes);
        yield return new(
            FaultCode.TableTooLarge, Severity.Error, 512 + 28,
            ImageBytes.Dynamic().PutFooter(48, 1UL << 40).PutHeader(32, 512u).PutHeader(28, uint.MaxValue).Bytes);
        yield return new(FaultCode.TablePastEnd, Severity.Error, 512 + 16, Dynamic().PutHeader(16, 1UL << 40).Bytes);
        yield return new(FaultCode.TablePastEnd, Severity.Error, 512 + 16, Dynamic().PutHeader(16, (ulong)Dynamic().FooterOffset).Bytes);
        yield return new(FaultCode.TableOverlapsHeader, Severity.Error, 512 + 16, Dynamic().PutHeader(16, 1024UL).Bytes);
        yield return new(FaultCode.TableNotAligned, Severity.Warning, 512 + 16, Dynamic().PutHeader(16, 1540UL).Bytes);
    }

    private static IEnumerable<CheckCase> Tables()
    {
        ImageBytes image = Dynamic();
        uint first = image.GetEntry(3);
        yield return new(
            FaultCode.TableEntryBeyondDisk, Severity.Warning, image.TableOffset + 64, Dynamic().PutHeader(28, 17u).PutEntry(16, 9).Bytes);
        yield return new(FaultCode.BatEntryPastEnd, Severity.Error, image.TableOffset + 40, Dynamic().PutEntry(10, 0xFFFFFFFE).Bytes);
        yield return new(FaultCode.BatEntryInStructure, Severity.Error, image.TableOffset + 40, Dynamic().PutEntry(10, 0).Bytes);
        yield return new(FaultCode.BatEntryInStructure, Severity.Error, image.TableOffset + 40, Dynamic().PutEntry(10, 1).Bytes);
        yield return new(FaultCode.BatEntryDuplicate, Severity.Error, image.TableOffset + 40, Dynamic().PutEntry(10, first).Bytes);
        yield return new(
            FaultCode.BlocksOverlap, Severity.Error, image.TableOffset + 40, Dynamic().AddBlock(4, 1).PutEntry(10, first + 2).Bytes);
        yield return new(FaultCode.BitmapStale, Severity.Warning, image.FooterOffset + 0, Dynamic().AddBlock(7, 1, [0x0F]).Bytes);
        ImageBytes leaked = Dynamic();
        leaked.Insert(new byte[8192]);
        yield return new(FaultCode.SpaceLeaked, Severity.Note, null, leaked.Bytes);
        ImageBytes lost = Dynamic().AddBlock(7, 1);
        yield return new(FaultCode.BlockLost, Severity.Note, image.FooterOffset, lost.PutEntry(7, uint.MaxValue).Bytes);
        ImageBytes odd = ImageBytes.Dynamic((16 * 4096) - 512).AddBlock(15, 1);
        yield return new(
            FaultCode.LastBlockShort, Severity.Warning, odd.TableOffset + 60, [.. odd.Bytes[..^1024], .. odd.Bytes[^512..]]);
    }

    private static IEnumerable<CheckCase> Parents()
    {
        const uint W2ku = 0x57326B75;
        const int Locator0 = 512 + 576;
        ImageBytes child = ImageBytes.Differencing().AddBlock(3, 1);
        yield return new(FaultCode.LocatorTooLong, Severity.Warning, Locator0, Child().PutLocator(0, W2ku, 512, 0x7FFFFFFF, 512).Bytes);
        yield return new(FaultCode.LocatorPastEnd, Severity.Warning, Locator0, Child().PutLocator(0, W2ku, 512, 20, 1UL << 50).Bytes);
        yield return new(FaultCode.LocatorPastEnd, Severity.Warning, Locator0, Child().PutLocator(0, W2ku, 512, 20, ulong.MaxValue).Bytes);
        yield return new(FaultCode.LocatorOverlaps, Severity.Warning, Locator0, Child().PutLocator(0, W2ku, 512, 20, 1536).Bytes);
        yield return new(
            FaultCode.LocatorOverlaps, Severity.Warning, Locator0,
            Child().PutLocator(0, W2ku, 512, 20, ((ulong)child.GetEntry(3) * 512) + 1024).Bytes);
        ImageBytes oddLocator = Child();
        int path = oddLocator.Insert(new byte[512]);
        yield return new(
            FaultCode.LocatorLengthOdd, Severity.Warning, Locator0, oddLocator.PutLocator(0, W2ku, 512, 21, (ulong)path).Bytes);
        yield return new(FaultCode.LocatorCodeUnknown, Severity.Note, Locator0, Child().PutLocator(0, 0x41424344, 512, 0, 0).Bytes);
        yield return new(FaultCode.ParentInformationMissing, Severity.Warning, 512 + 40, Child().PutHeader(40, new byte[536]).Bytes);
        yield return new(FaultCode.ParentInformationUnexpected, Severity.Note, 512 + 40, Dynamic().PutHeader(40, [1]).Bytes);
    }

    private static IEnumerable<CheckCase> Xen()
    {
        yield return new(FaultCode.BatmapInvalid, Severity.Note, 2048 + 8, WithBatmap([0], mapOffset: 1L << 40));
        yield return new(FaultCode.BatmapInvalid, Severity.Note, 2048 + 16, WithBatmap([0], mapSectors: 0));
        yield return new(FaultCode.BatmapInvalid, Severity.Note, 2048 + 24, WithBatmap([0], checksum: 5));
        yield return new(FaultCode.BatmapStale, Severity.Warning, 2560, WithBatmap([0x10]));
    }

    private static IEnumerable<CheckCase> Targets()
    {
        const int Mebibyte = 1024 * 1024;
        ImageBytes image = Dynamic();
        yield return new(FaultCode.AzureTypeNotFixed, Severity.Error, image.FooterOffset + 60, image.Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.AzureSizeNotWholeMebibytes, Severity.Error, Mebibyte + 512 + 48, ImageBytes.Fixed(Mebibyte + 512).Bytes,
            CheckTarget.Azure);
        yield return new(FaultCode.AzureSizeOutOfRange, Severity.Error, Mebibyte + 48, ImageBytes.Fixed(Mebibyte).Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.AzureSizeOutOfRange, Severity.Error, Mebibyte + 48, ImageBytes.Fixed(Mebibyte)
                .PutFooter(48, ulong.MaxValue).Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.AzureFileLengthMismatch, Severity.Error, null, ImageBytes.Fixed(Mebibyte)
                .PutFooter(48, (ulong)Mebibyte - 512).Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.AzureFooterNotAtEnd, Severity.Error, Mebibyte + 512, ImageBytes.Fixed(Mebibyte).Append(new byte[512]).Bytes,
            CheckTarget.Azure);
        yield return new(FaultCode.AzureFooterNotAtEnd, Severity.Error, 4096 - 512, new byte[4096], CheckTarget.Azure);
        yield return new(
            FaultCode.AzureFooterChecksumMismatch, Severity.Error, image.FooterOffset + 64, Dynamic()
                .PutEnd(64, [1], reseal: false).Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.AzureSizeSeenDiffers, Severity.Warning, Mebibyte + 48, ImageBytes.Fixed(Mebibyte).PutFooter(28, "vpc ")
                .PutFooter(56, 0x00010411u).Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.AzureTableEntriesTooMany, Severity.Error, 512 + 28, Dynamic().PutHeader(28, 17u).Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.AzureDiskTooLargeToBoot, Severity.Note, Mebibyte + 48, ImageBytes.Fixed(Mebibyte)
                .PutFooter(48, 3UL << 40).Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.AzureDiskTooLargeForBlob, Severity.Note, Mebibyte + 48,
            ImageBytes.Fixed(Mebibyte).PutFooter(48, 8UL << 40).Bytes, CheckTarget.Azure);
        yield return new(
            FaultCode.HyperVSizeOutOfRange, Severity.Error, Mebibyte + 48, ImageBytes.Fixed(Mebibyte).PutFooter(48, 3UL << 40).Bytes,
            CheckTarget.HyperV);
        yield return new(FaultCode.HyperVBlockSizeUnknown, Severity.Error, 512 + 32, Dynamic().Bytes, CheckTarget.HyperV);
        yield return new(
            FaultCode.HyperVFooterUnsound, Severity.Error, image.FooterOffset, Dynamic().PutFront(70, [1]).Bytes, CheckTarget.HyperV);
        yield return new(
            FaultCode.HyperVUniqueIdNull, Severity.Error, image.FooterOffset + 68, Dynamic().PutFooter(68, new byte[16]).Bytes,
            CheckTarget.HyperV);
        yield return new(
            FaultCode.HyperVNextOffsetPresent, Severity.Error, 512 + 8, Dynamic().PutHeader(8, 0xFFFFFFFFUL).Bytes, CheckTarget.HyperV);
        yield return new(
            FaultCode.HyperVTableEntriesMismatch, Severity.Error, 512 + 28, Dynamic().PutHeader(28, 17u).Bytes, CheckTarget.HyperV);
        yield return new(
            FaultCode.HyperVSizeSeenDiffers, Severity.Warning, image.FooterOffset + 48, Dynamic().PutFooter(28, "vpc ").Bytes,
            CheckTarget.HyperV);
        yield return new(
            FaultCode.VirtualPcSizeOutOfRange, Severity.Error, Mebibyte + 48, ImageBytes.Fixed(Mebibyte).PutFooter(48, 3UL << 40)
                .Bytes, CheckTarget.VirtualPC);
        yield return new(FaultCode.VirtualPcBlockSizeUnknown, Severity.Error, 512 + 32, Dynamic().Bytes, CheckTarget.VirtualPC);
        yield return new(
            FaultCode.VirtualPcSizeSeenDiffers, Severity.Warning, image.FooterOffset + 48, Dynamic().Bytes, CheckTarget.VirtualPC);
        yield return new(
            FaultCode.VirtualPcFooterUnsound, Severity.Error, image.FooterOffset, Dynamic().CutEnd(1).Bytes, CheckTarget.VirtualPC);
    }

    private static IEnumerable<CheckCase> PartitionTables()
    {
        yield return new(FaultCode.PartitionTableInvalid, Severity.Warning, null, WithPartition(start: 2048, count: 9000));
        yield return new(FaultCode.PartitionTableUnusual, Severity.Note, null, WithPartition(start: 63, count: 100));
        yield return new(FaultCode.FileSystemInvalid, Severity.Warning, null, WithXfs(blockCount: 513));
    }

    /// <summary>A disk of 2 MiB that a file system with blocks of 4096 bytes begins on.</summary>
    private static byte[] WithXfs(ulong blockCount) => ImageBytes.Fixed(2 << 20)
        .Poke(0, "XFSB"u8.ToArray()).Poke(4, ImageBytes.BigEndian(4096u)).Poke(8, ImageBytes.BigEndian(blockCount)).Bytes;

    private static byte[] WithPartition(uint start, uint count)
    {
        byte[] disk = TableBytes.Mbr(4096, (0x83, start, count)).Bytes;
        return ImageBytes.Fixed(disk.Length).Poke(0, disk).Bytes;
    }

    private static ImageBytes Dynamic() => ImageBytes.Dynamic().AddBlock(3, 0x11);

    private static ImageBytes Child() => ImageBytes.Differencing().AddBlock(3, 1);

    /// <summary>A child with Xen's batmap behind its table, block 3 half written.</summary>
    private static byte[] WithBatmap(byte[] map, long mapOffset = 2560, uint mapSectors = 1, uint? checksum = null)
    {
        byte[] header = new byte[512];
        "tdbatmap"u8.CopyTo(header);
        ImageBytes.BigEndian((ulong)mapOffset).CopyTo(header, 8);
        ImageBytes.BigEndian(mapSectors).CopyTo(header, 16);
        ImageBytes.BigEndian(0x00010002u).CopyTo(header, 20);
        ImageBytes.BigEndian(checksum ?? ~(uint)map.Sum(value => value)).CopyTo(header, 24);
        ImageBytes image = ImageBytes.Differencing().PutFooter(28, "tap\0");
        image.Insert(header);
        byte[] sector = new byte[512];
        map.CopyTo(sector, 0);
        image.Insert(sector);
        return image.AddBlock(3, 1, [0xF0]).Bytes;
    }
}
