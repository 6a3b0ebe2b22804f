using System.Numerics;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Layout;

/// <summary>Reads the structures of one file and holds each value against the file and the others.</summary>
internal sealed class LayoutReader(ImageFile file, LayoutOptions options)
{
    private readonly List<Finding> _findings = [];
    private readonly List<StructureExtent> _structures = [];
    private readonly List<StructureExtent> _locatorsPastEnd = [];

    public ImageLayout Read()
    {
        FooterPair footers = FooterPair.Read(file);
        StoredFooter? stored = footers.Choose(_findings, options.Force);
        if (stored is null)
        {
            return new ImageLayout { Path = file.Path, FileLength = file.Length, Footers = footers, Findings = _findings };
        }

        HardDiskFooter footer = stored.Footer;
        CheckFooter(footer, stored);
        VirtualSize size = VirtualSize.Of(footer, options.SizeRule);
        long sectorCount = CheckSize(footer, stored, size);
        if (footer.DiskType is not (VhdType.Dynamic or VhdType.Differencing))
        {
            if (footer.DiskType == VhdType.Fixed)
            {
                CheckFixed(footer, stored, footers, sectorCount, size);
            }

            return new ImageLayout
            {
                Path = file.Path,
                FileLength = file.Length,
                Footers = footers,
                StoredFooter = stored,
                Size = size,
                SectorCount = sectorCount,
                Findings = _findings,
            };
        }

        _structures.Add(new StructureExtent(VhdStructure.FooterCopy, 0, VhdSpec.FooterSize));
        long dataEnd = footers.End?.FileOffset ?? file.Length;
        DynamicDiskHeader? header = ReadHeader(footer, stored, dataEnd);
        int blockCount = 0;
        Batmap? batmap = null;
        if (header is not null)
        {
            blockCount = CheckTable(header, (long)footer.DataOffset, sectorCount, dataEnd);
            CheckLocators(header, footer.DiskType, (long)footer.DataOffset);
            batmap = FindBatmap(header, footer);
        }

        bool isUsable = header is not null && !_findings.Exists(finding => finding.Effect == FaultEffect.Unreadable);
        return new ImageLayout
        {
            Path = file.Path,
            FileLength = file.Length,
            Footers = footers,
            StoredFooter = stored,
            Header = header,
            Size = size,
            SectorCount = sectorCount,
            BlockSize = isUsable ? (int)header!.BlockSize : 0,
            BlockCount = isUsable ? blockCount : 0,
            TableOffset = isUsable ? (long)header!.TableOffset : 0,
            Structures = [.. _structures.OrderBy(extent => extent.FileOffset)],
            LocatorsPastEnd = [.. _locatorsPastEnd.OrderBy(extent => extent.FileOffset)],
            Batmap = isUsable ? batmap : null,
            Findings = _findings,
        };
    }

    private void CheckFooter(HardDiskFooter footer, StoredFooter stored)
    {
        VhdStructure structure = stored.FileOffset == 0 && footer.DiskType != VhdType.Fixed ? VhdStructure.FooterCopy : VhdStructure.Footer;
        void Add(FaultCode code, int at, string expected, string actual, string message) =>
            _findings.Add(new Finding(code, structure, stored.FileOffset + at, expected, actual, message));

        if (footer.FormatVersion >> 16 != 1)
        {
            Add(FaultCode.FormatVersionUnsupported, HardDiskFooter.FormatVersionAt, "1.0", Version(footer.FormatVersion), "The file format version is not known.");
        }
        else if (footer.FormatVersion != VhdSpec.Version1)
        {
            Add(FaultCode.FormatVersionMinorUnknown, HardDiskFooter.FormatVersionAt, "1.0", Version(footer.FormatVersion), "The minor file format version is not known.");
        }

        if (footer.DiskType is not (VhdType.Fixed or VhdType.Dynamic or VhdType.Differencing))
        {
            Add(FaultCode.DiskTypeUnsupported, HardDiskFooter.DiskTypeAt, "2 (fixed), 3 (dynamic) or 4 (differencing)", Invariant($"{footer.DiskTypeValue}"), "The disk type is not in use.");
        }

        if ((footer.Features & VhdSpec.FeatureReserved) == 0)
        {
            Add(FaultCode.FeatureReservedBitClear, HardDiskFooter.FeaturesAt, "0x00000002", Hex(footer.Features), "The feature bit that must always be set is clear.");
        }

        if ((footer.Features & ~(VhdSpec.FeatureReserved | VhdSpec.FeatureTemporary)) != 0)
        {
            Add(FaultCode.FeatureBitsUnknown, HardDiskFooter.FeaturesAt, "0x00000002", Hex(footer.Features), "Feature bits are set that are not known.");
        }

        if (footer.StoredLength == VhdSpec.LegacyFooterSize)
        {
            Add(FaultCode.FooterIs511Bytes, 0, "512 bytes", "511 bytes", "The footer is of the kind before Virtual PC 2004.");
        }

        if (footer.UniqueId == Guid.Empty)
        {
            Add(FaultCode.UniqueIdNull, HardDiskFooter.UniqueIdAt, "a random id", "zeros", "The unique id is all zeros.");
        }

        if (footer.SavedState != 0)
        {
            Add(FaultCode.SavedState, HardDiskFooter.SavedStateAt, "0", Invariant($"{footer.SavedState}"), "The state of a virtual machine is saved with the image.");
        }

        int reserved = footer.Reserved.IndexOfAnyExcept((byte)0);
        if (reserved >= 0)
        {
            Add(FaultCode.ReservedBytesNotZero, HardDiskFooter.ReservedAt + reserved, "0x00", $"0x{footer.Reserved[reserved]:X2}", "Reserved bytes of the footer are not zero.");
        }
    }

    private long CheckSize(HardDiskFooter footer, StoredFooter stored, VirtualSize size)
    {
        VhdStructure structure = stored.FileOffset == 0 && footer.DiskType != VhdType.Fixed ? VhdStructure.FooterCopy : VhdStructure.Footer;
        long at = stored.FileOffset + (size.Rule == SizeRule.Chs ? HardDiskFooter.GeometryAt : HardDiskFooter.CurrentSizeAt);
        DiskGeometry geometry = footer.Geometry;
        var specified = DiskGeometry.ForSectorCount((long)(footer.CurrentSize / VhdSpec.SectorSize));
        if (geometry.SectorCount == 0 && geometry != specified)
        {
            _findings.Add(new Finding(
                FaultCode.GeometryZero, structure, stored.FileOffset + HardDiskFooter.GeometryAt, specified.ToString(), geometry.ToString(), "The geometry addresses nothing.")
            {
                Severity = VirtualSize.IsByGeometry(footer.CreatorApplication) ? Severity.Warning : Severity.Note,
            });
        }
        else if ((ulong)geometry.SizeBytes != footer.CurrentSize && !geometry.IsMax && !VirtualSize.IsExactToAll(footer.CreatorApplication))
        {
            _findings.Add(new Finding(
                FaultCode.GeometrySizeDiffers, structure, stored.FileOffset + HardDiskFooter.GeometryAt, $"{footer.CurrentSize} bytes",
                $"{geometry} = {geometry.SizeBytes} bytes", "Readers that go by the geometry see another size."));
        }

        if (size.SizeBytes == 0)
        {
            _findings.Add(new Finding(FaultCode.SizeZero, structure, at, "more than 0", "0", "The disk has no sectors."));
            return 0;
        }

        if (size.SizeBytes > long.MaxValue - VhdSpec.SectorSize)
        {
            _findings.Add(new Finding(
                FaultCode.SizeTooLarge, structure, at, "less than 2^63", Invariant($"{size.SizeBytes}"), "The size is more than any file can hold."));
            return 0;
        }

        if (size.SizeBytes % VhdSpec.SectorSize != 0)
        {
            // QUIRK(azure-vhd-utils and other writers of odd sizes): a write of the last sector would reach into the footer.
            _findings.Add(new Finding(
                FaultCode.SizeNotSectorAligned, structure, at, "a multiple of 512", Invariant($"{size.SizeBytes}"), "The size is no whole number of sectors.")
            {
                Effect = FaultEffect.ReadOnly,
            });
        }

        return VhdSpec.SectorsFor((long)size.SizeBytes);
    }

    private void CheckFixed(HardDiskFooter footer, StoredFooter stored, FooterPair footers, long sectorCount, VirtualSize size)
    {
        if (footer.DataOffset is not (VhdSpec.AbsentOffset or 0xFFFF_FFFF))
        {
            _findings.Add(new Finding(
                FaultCode.DataOffsetPresent, VhdStructure.Footer, stored.FileOffset + HardDiskFooter.DataOffsetAt, "0xFFFFFFFFFFFFFFFF",
                $"0x{footer.DataOffset:X16}", "A fixed image names a dynamic header."));
        }

        if (sectorCount == 0)
        {
            return;
        }

        long room = footers.End?.FileOffset ?? file.Length;
        if ((long)size.SizeBytes > room)
        {
            _findings.Add(new Finding(
                FaultCode.FixedDataTruncated, VhdStructure.Data, room, $"{size.SizeBytes} bytes of data", $"{room} bytes",
                "The file is too short for the disk.")
            {
                Effect = options.Force ? FaultEffect.ReadOnly : FaultEffect.UnreadableUnlessForced,
            });
        }
        else if ((long)size.SizeBytes < room)
        {
            _findings.Add(new Finding(
                FaultCode.FixedFileTooLong, VhdStructure.Data, (long)size.SizeBytes, $"{size.SizeBytes} bytes of data", $"{room} bytes",
                "Bytes behind the end of the disk are not shown."));
        }
    }

    private DynamicDiskHeader? ReadHeader(HardDiskFooter footer, StoredFooter stored, long dataEnd)
    {
        ulong offset = footer.DataOffset;
        if (offset < VhdSpec.FooterSize || offset > (ulong)dataEnd || dataEnd - (long)offset < VhdSpec.HeaderSize)
        {
            _findings.Add(new Finding(
                FaultCode.DataOffsetOutOfRange,
                stored.FileOffset == 0 ? VhdStructure.FooterCopy : VhdStructure.Footer,
                stored.FileOffset + HardDiskFooter.DataOffsetAt,
                "512",
                $"0x{offset:X}",
                "The footer names no place of the file for the dynamic header."));
            return null;
        }

        Span<byte> bytes = stackalloc byte[VhdSpec.HeaderSize];
        file.ReadAt((long)offset, bytes);
        var header = DynamicDiskHeader.Parse(bytes);
        _structures.Add(new StructureExtent(VhdStructure.DynamicHeader, (long)offset, VhdSpec.HeaderSize));
        void Add(FaultCode code, int at, string expected, string actual, string message, FaultEffect? effect = null)
        {
            var finding = new Finding(code, VhdStructure.DynamicHeader, (long)offset + at, expected, actual, message);
            _findings.Add(effect is { } other ? finding with { Effect = other } : finding);
        }

        if (!header.HasCookie)
        {
            Add(FaultCode.HeaderCookieMismatch, DynamicDiskHeader.CookieAt, "cxsparse", Printable(header.Cookie), "There is no dynamic header where the footer says.");
            return null;
        }

        if (!header.IsChecksumValid)
        {
            Add(
                FaultCode.HeaderChecksumMismatch, DynamicDiskHeader.ChecksumAt, Hex(header.ComputedChecksum), Hex(header.Checksum), "The checksum of the header does not hold.",
                options.Force ? FaultEffect.ReadOnly : null);
        }

        if (header.HeaderVersion >> 16 != 1)
        {
            Add(FaultCode.HeaderVersionUnsupported, DynamicDiskHeader.HeaderVersionAt, "1.0", Version(header.HeaderVersion), "The header version is not known.");
        }

        if (header.NextOffset != VhdSpec.AbsentOffset)
        {
            // QUIRK(qemu): the driver of 2010 wrote 32 bits of ones; anything else is not a known writer's.
            _findings.Add(new Finding(
                FaultCode.NextOffsetPresent, VhdStructure.DynamicHeader, (long)offset + DynamicDiskHeader.NextOffsetAt, "0xFFFFFFFFFFFFFFFF", $"0x{header.NextOffset:X16}",
                "The header names a next structure, and there is none.")
            {
                Severity = header.NextOffset == 0xFFFF_FFFF ? Severity.Note : Severity.Warning,
            });
        }

        if (header.FindReservedByte() is >= 0 and int reserved)
        {
            Add(FaultCode.ReservedBytesNotZero, reserved, "0x00", $"0x{header.Bytes[reserved]:X2}", "Reserved bytes of the header are not zero.");
        }

        return header;
    }

    /// <summary>Returns the number of blocks that the disk has.</summary>
    private int CheckTable(DynamicDiskHeader header, long headerOffset, long sectorCount, long dataEnd)
    {
        void Add(FaultCode code, int at, string expected, string actual, string message) =>
            _findings.Add(new Finding(code, VhdStructure.DynamicHeader, headerOffset + at, expected, actual, message));

        uint blockSize = header.BlockSize;
        if (blockSize is < VhdSpec.SectorSize or > VhdSpec.MaxBlockSize || !BitOperations.IsPow2(blockSize))
        {
            Add(FaultCode.BlockSizeUnsupported, DynamicDiskHeader.BlockSizeAt, "a power of two from 512 to 268435456", Invariant($"{blockSize}"), "The block size is not usable.");
            return 0;
        }

        long sectorsPerBlock = blockSize / VhdSpec.SectorSize;
        long blockCount = (sectorCount / sectorsPerBlock) + (sectorCount % sectorsPerBlock == 0 ? 0 : 1);
        if (header.MaxTableEntries < blockCount)
        {
            Add(FaultCode.TableEntriesTooFew, DynamicDiskHeader.MaxTableEntriesAt, $"{blockCount}", Invariant($"{header.MaxTableEntries}"), "The table has fewer entries than the disk has blocks.");
            return 0;
        }

        if (header.MaxTableEntries > blockCount)
        {
            Add(FaultCode.TableEntriesTooMany, DynamicDiskHeader.MaxTableEntriesAt, $"{blockCount}", Invariant($"{header.MaxTableEntries}"), "The table has more entries than the disk has blocks.");
        }

        if (blockCount > VhdSpec.MaxTableEntries)
        {
            Add(FaultCode.TableTooLarge, DynamicDiskHeader.MaxTableEntriesAt, $"at most {VhdSpec.MaxTableEntries}", $"{blockCount}", "The table is too large.");
            return 0;
        }

        // Entries are written in place: those of the disk's blocks must not reach into the footer.
        long storedLength = BlockAllocationTable.StoredBytes(header.MaxTableEntries);
        if (header.TableOffset > (ulong)dataEnd || file.Length - (long)header.TableOffset < storedLength
            || dataEnd - (long)header.TableOffset < BlockAllocationTable.StoredBytes(blockCount))
        {
            Add(FaultCode.TablePastEnd, DynamicDiskHeader.TableOffsetAt, $"a place for {storedLength} bytes", $"0x{header.TableOffset:X}", "The table does not lie in the file.");
            return 0;
        }

        long tableOffset = (long)header.TableOffset;
        var table = new StructureExtent(
            VhdStructure.BlockAllocationTable, tableOffset, header.TableEnd - tableOffset)
        {
            UsedLength = BlockAllocationTable.StoredBytes(blockCount),
        };
        if (tableOffset < VhdSpec.FooterSize || (tableOffset < headerOffset + VhdSpec.HeaderSize && headerOffset < tableOffset + Math.Max(1, storedLength)))
        {
            Add(FaultCode.TableOverlapsHeader, DynamicDiskHeader.TableOffsetAt, "a place behind the header", Invariant($"{header.TableOffset}"), "The table overlaps the footer copy or the header.");
            return 0;
        }

        if (tableOffset % VhdSpec.SectorSize != 0)
        {
            Add(FaultCode.TableNotAligned, DynamicDiskHeader.TableOffsetAt, "a multiple of 512", Invariant($"{header.TableOffset}"), "The table does not begin on a sector.");
        }

        _structures.Add(table);
        return (int)blockCount;
    }

    private void CheckLocators(DynamicDiskHeader header, VhdType type, long headerOffset)
    {
        bool isAnyUsable = false;
        foreach (ParentLocator locator in header.ParentLocators.Where(locator => locator.IsUsed))
        {
            long at = headerOffset + DynamicDiskHeader.LocatorAt(locator.Index);
            void Add(FaultCode code, string expected, string actual, string message) =>
                _findings.Add(new Finding(code, VhdStructure.ParentLocator, at, expected, actual, $"Locator {locator.Index} ({locator.CodeText}) {message}"));

            if (locator.DataLength > VhdSpec.MaxLocatorLength)
            {
                Add(FaultCode.LocatorTooLong, $"at most {VhdSpec.MaxLocatorLength} bytes", $"{locator.DataLength} bytes", "is longer than any path.");
            }
            else if (locator.DataOffset > (ulong)file.Length || file.Length - (long)locator.DataOffset < locator.DataLength)
            {
                Add(FaultCode.LocatorPastEnd, "a place in the file", $"0x{locator.DataOffset:X}", "does not lie in the file.");
                ClaimPastEnd(locator);
            }
            else if (locator.DataLength > 0)
            {
                isAnyUsable = true;
                var extent = new StructureExtent(
                    VhdStructure.ParentLocator, (long)locator.DataOffset, Math.Min(locator.SpaceBytes, file.Length - (long)locator.DataOffset))
                {
                    UsedLength = locator.DataLength,
                };
                int hit = _structures.FindIndex(other => other.Structure != VhdStructure.ParentLocator
                    && extent.FileOffset < other.End && other.FileOffset < extent.FileOffset + locator.DataLength);
                if (hit >= 0)
                {
                    Add(FaultCode.LocatorOverlaps, "a place of its own", $"offset {extent.FileOffset}", $"overlaps the {_structures[hit].Structure}.");
                }
                else
                {
                    _structures.Add(extent);
                }
            }
        }

        if (type == VhdType.Differencing && header.ParentUniqueId == Guid.Empty && !isAnyUsable && header.ParentUnicodeName.Length == 0)
        {
            _findings.Add(new Finding(
                FaultCode.ParentInformationMissing, VhdStructure.DynamicHeader, headerOffset + DynamicDiskHeader.ParentUniqueIdAt, "an id, a name or a locator", "none",
                "The image does not say what its parent is."));
        }
    }

    /// <summary>
    /// A path that the file does not hold is in it when the file has grown. Nothing may be an error then that was none
    /// before: where it begins in the file it has its place now, else new blocks will not begin in it.
    /// </summary>
    private void ClaimPastEnd(ParentLocator locator)
    {
        if (locator.DataOffset > long.MaxValue - VhdSpec.MaxLocatorLength || locator.DataLength == 0)
        {
            return;
        }

        var extent = new StructureExtent(VhdStructure.ParentLocator, (long)locator.DataOffset, locator.DataLength);
        if (extent.FileOffset >= file.Length)
        {
            _locatorsPastEnd.Add(extent);
        }
        else if (!_structures.Exists(other => other.Structure != VhdStructure.ParentLocator && extent.FileOffset < other.End && other.FileOffset < extent.End))
        {
            _structures.Add(extent);
        }
    }

    /// <summary>Xen's batmap lies behind the table, where its cookie is; the room it takes must be kept clear.</summary>
    private Batmap? FindBatmap(DynamicDiskHeader header, HardDiskFooter footer)
    {
        // Asking for the creator: elsewhere a bitmap may lie there, whose bits a guest can make to look like the cookie.
        if (footer.CreatorApplication != BatmapHeader.CreatorApplication || header.TableOffset > (ulong)file.Length)
        {
            return null;
        }

        long at = header.TableEnd;
        Span<byte> bytes = stackalloc byte[BatmapHeader.Size];
        if (at + BatmapHeader.Size > file.Length || file.ReadAt(at, bytes) < bytes.Length || BatmapHeader.Parse(bytes) is not { } batmap)
        {
            return null;
        }

        _structures.Add(new StructureExtent(VhdStructure.Batmap, at, BatmapHeader.Size));
        long needed = BatmapHeader.MapLengthFor(header.MaxTableEntries);
        if (batmap.MapOffset < 0 || batmap.MapOffset > file.Length || batmap.MapLength > file.Length - batmap.MapOffset)
        {
            _findings.Add(new Finding(
                FaultCode.BatmapInvalid, VhdStructure.Batmap, at + BatmapHeader.MapOffsetAt, "a place in the file", $"0x{batmap.MapOffset:X}", "The batmap does not lie in the file."));
        }
        else if (batmap.MapLength > needed)
        {
            _findings.Add(new Finding(
                FaultCode.BatmapInvalid, VhdStructure.Batmap, at + BatmapHeader.MapSectorCountAt, $"{needed / VhdSpec.SectorSize} sectors", $"{batmap.MapSectorCount} sectors",
                "The batmap is larger than the table needs."));
        }
        else
        {
            var map = new StructureExtent(VhdStructure.Batmap, batmap.MapOffset, batmap.MapLength);
            _structures.Add(map);
            return new Batmap(at, map);
        }

        return new Batmap(at, null);
    }

    private static string Hex(uint value) => $"0x{value:X8}";

    private static string Version(uint value) => Invariant($"{value >> 16}.{value & 0xFFFF}");

    private static string Printable(string cookie) =>
        cookie.All(c => c is >= ' ' and <= '~') ? cookie : Convert.ToHexString(System.Text.Encoding.Latin1.GetBytes(cookie));
}

/// <summary>How an image is to be read where its bytes leave a choice.</summary>
public sealed record LayoutOptions
{
    /// <summary>The creator decides the size, and damage is refused.</summary>
    public static readonly LayoutOptions Default = new();

    /// <summary>Which of the two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Read what can be read: wrong checksums and missing fixed data are findings, not refusals.</summary>
    public bool Force { get; init; }
}
