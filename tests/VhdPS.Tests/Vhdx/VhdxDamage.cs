using VhdPS.Engine.Format;

using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

/// <summary>A sound file with one damage, and what it is to be reported as.</summary>
/// <param name="Name">The damage.</param>
/// <param name="Code">What it is.</param>
/// <param name="FileOffset">Where.</param>
/// <param name="Damage">Puts it into a file.</param>
internal sealed record VhdxDamage(string Name, FaultCode Code, long? FileOffset, Action<VhdxBytes> Damage)
{
    private const long Header1 = 64 * 1024;
    private const long Header2 = 128 * 1024;
    private const long Regions1 = 192 * 1024;
    private const long Regions2 = 256 * 1024;
    private const long Item = MetadataOffset + 32;

    private static readonly Guid SizeItem = new("2FA54224-CD1B-4876-B211-5DBED83BF4B8");
    private static readonly Guid LocatorItem = new("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C");
    private static readonly Guid UnfinishedItem = new("71CC85F0-1B69-4E28-9558-C3BF83AE75D3");

    /// <summary>All damages that one pass over the structures finds.</summary>
    public static IReadOnlyDictionary<string, VhdxDamage> All { get; } = Enumerate().ToDictionary(damage => damage.Name);

    /// <summary>How much it matters.</summary>
    public Severity Severity { get; init; } = FaultCatalog.Of(Code).Severity;

    /// <summary>What it keeps the engine from doing.</summary>
    public FaultEffect Effect { get; init; } = FaultCatalog.Of(Code).Effect;

    private Func<VhdxBytes> Make { get; init; } = () => new VhdxBytes(10 * MiB);

    /// <summary>A file with the damage.</summary>
    public VhdxBytes CreateImage()
    {
        VhdxBytes image = Make();
        Damage(image);
        return image;
    }

    private static VhdxBytes Child() => new(10 * MiB, hasParent: true);

    private static (Guid Id, long Offset, long Length, uint Flags) Table(VhdxBytes image) => image.Regions()[0];

    private static (Guid Id, long Offset, long Length, uint Flags) Metadata(VhdxBytes image) => image.Regions()[1];

    private static void Flip(VhdxBytes image, long at)
    {
        byte[] one = new byte[1];
        image.File.ReadAt(at, one);
        image.File.WriteAt(at, [(byte)(one[0] ^ 0x10)]);
    }

    private static IEnumerable<VhdxDamage> Enumerate()
    {
        yield return new("empty", FaultCode.NotVhdx, 0, image => image.File.SetLength(0));
        yield return new("other file", FaultCode.NotVhdx, 0, image => image.File.WriteAt(0, "conectix"u8));
        yield return new("cut in the header area", FaultCode.FileTooSmall, null, image => image.File.SetLength(MiB - 1));
        yield return new("header 1", FaultCode.VhdxHeaderInvalid, Header1 + 4, image => Flip(image, Header1 + 100));
        yield return new("header 2 missing", FaultCode.VhdxHeaderInvalid, Header2, image => image.File.WriteAt(Header2, new byte[4096]));
        yield return new(
            "both headers", FaultCode.VhdxHeadersInvalid, Header2 + 4,
            image => { Flip(image, Header1 + 100); Flip(image, Header2 + 100); });
        yield return new(
            "no headers", FaultCode.VhdxHeadersInvalid, Header2,
            image => { image.File.WriteAt(Header1, new byte[4096]); image.File.WriteAt(Header2, new byte[4096]); })
        {
            Effect = FaultEffect.Unreadable,
        };
        yield return new(
            "ambiguous headers", FaultCode.VhdxHeadersAmbiguous, Header2 + 8,
            image => image.PutHeader(Header1, 8, dataWriteGuid: DiskId));
        yield return new("version", FaultCode.VhdxVersionUnsupported, Header2 + 66, image => image.PutHeader(Header2, 9, version: 2));
        yield return new(
            "null id", FaultCode.VhdxDataWriteGuidNull, Header2 + 32,
            image => image.PutHeader(Header2, 9, dataWriteGuid: Guid.Empty));
        yield return new("log under 1 MiB", FaultCode.VhdxLogMisplaced, null, image => image.PutHeader(Header2, 9, logOffset: 0));
        yield return new(
            "log past the end", FaultCode.VhdxLogMisplaced, null,
            image => image.PutHeader(Header2, 9, logOffset: ulong.MaxValue - 1048575));
        yield return new(
            "log not on MiB", FaultCode.VhdxLogMisplaced, null,
            image => image.PutHeader(Header2, 9, logOffset: 1048576 + 4096));
        yield return new(
            "log over the table", FaultCode.VhdxLogMisplaced, TableOffset,
            image => image.PutHeader(Header2, 9, logOffset: (ulong)TableOffset));
        yield return new(
            "dirty log under 1 MiB", FaultCode.VhdxLogMisplaced, null,
            image => image.PutHeader(Header2, 9, LogBytes.Guid, logOffset: 0))
        {
            Severity = Severity.Error,
            Effect = FaultEffect.UnreadableUnlessForced,
        };
        yield return new(
            "dirty log without length", FaultCode.VhdxLogMisplaced, null,
            image => image.PutHeader(Header2, 9, LogBytes.Guid, logLength: 0))
        {
            Severity = Severity.Error,
            Effect = FaultEffect.UnreadableUnlessForced,
        };
        yield return new(
            "dirty log without entries", FaultCode.VhdxLogInvalid, LogOffset,
            image => image.PutHeader(Header2, 9, LogBytes.Guid));
        yield return new(
            "dirty log of version 1", FaultCode.VhdxLogVersionUnsupported, null,
            image => image.PutHeader(Header2, 9, LogBytes.Guid, logVersion: 1));
        yield return new(
            "dirty log of 2 GiB", FaultCode.VhdxLogTooLarge, 16 << 20,
            image => { image.File.SetLength(4L << 30); image.PutHeader(Header2, 9, LogBytes.Guid, 1u << 31, 16 << 20); });
        yield return new("region table 1", FaultCode.VhdxRegionTableInvalid, Regions1 + 4, image => Flip(image, Regions1 + 30_000));
        yield return new(
            "region table 2 missing", FaultCode.VhdxRegionTableInvalid, Regions2,
            image => image.File.WriteAt(Regions2, new byte[65536]));
        yield return new(
            "both region tables", FaultCode.VhdxRegionTablesInvalid, Regions1 + 4,
            image => { Flip(image, Regions1 + 30_000); Flip(image, Regions2 + 30_000); });
        yield return new(
            "no region tables", FaultCode.VhdxRegionTablesInvalid, Regions1,
            image => { image.File.WriteAt(Regions1, new byte[65536]); image.File.WriteAt(Regions2, new byte[65536]); })
        {
            Effect = FaultEffect.Unreadable,
        };
        yield return new(
            "region tables differ", FaultCode.VhdxRegionTablesDiffer, Regions2 + 4,
            image => image.PutRegions([.. image.Regions(), (DiskId, 0, 0, 0)], which: 2));
        yield return new(
            "too many regions", FaultCode.VhdxRegionTablesInvalid, Regions1 + 8,
            image => image.PutRegions(image.Regions(), count: 2048))
        {
            Effect = FaultEffect.Unreadable,
        };
        yield return new(
            "unknown region", FaultCode.VhdxRegionUnknown, Regions1 + 80,
            image => image.PutRegions([.. image.Regions(), (DiskId, image.Reserve(MiB), MiB, 0)]));
        yield return new(
            "unknown required region", FaultCode.VhdxRegionUnknownRequired, Regions1 + 80,
            image => image.PutRegions([.. image.Regions(), (DiskId, image.Reserve(MiB), MiB, 1)]));
        yield return new("no table", FaultCode.VhdxRegionMissing, Regions1, image => image.PutRegions(image.Regions()[1..]));
        yield return new("no metadata", FaultCode.VhdxRegionMissing, Regions1, image => image.PutRegions(image.Regions()[..1]));
        yield return new(
            "region twice", FaultCode.VhdxRegionDuplicate, Regions1 + 80,
            image => image.PutRegions([.. image.Regions(), Table(image) with { Offset = image.Reserve(MiB) }]));
        yield return new(
            "region past the end", FaultCode.VhdxRegionMisplaced, Regions1 + 32,
            image => image.PutRegions([Table(image) with { Offset = 1L << 50 }, Metadata(image)]));
        yield return new(
            "region of negative offset", FaultCode.VhdxRegionMisplaced, Regions1 + 32,
            image => image.PutRegions([Table(image) with { Offset = -(1 << 20) }, Metadata(image)]));
        yield return new(
            "region not on MiB", FaultCode.VhdxRegionMisplaced, Regions1 + 32,
            image => image.PutRegions([Table(image) with { Offset = TableOffset - 4096 }, Metadata(image)]));
        yield return new(
            "region of no length", FaultCode.VhdxRegionMisplaced, Regions1 + 32,
            image => image.PutRegions([Table(image) with { Length = 0 }, Metadata(image)]));
        yield return new(
            "region under 1 MiB", FaultCode.VhdxRegionMisplaced, Regions1 + 32,
            image => image.PutRegions([Table(image) with { Offset = 0 }, Metadata(image)]));
        yield return new(
            "table too large", FaultCode.VhdxRegionMisplaced, Regions1 + 32,
            image => { image.File.SetLength(1L << 40); image.PutRegions([Table(image) with { Length = 514 * MiB }, Metadata(image)]); });
        yield return new(
            "metadata too large", FaultCode.VhdxRegionMisplaced, Regions1 + 64,
            image =>
            {
                image.File.SetLength(1L << 40);
                image.PutRegions([Table(image), Metadata(image) with { Offset = 100 * MiB, Length = 129 * MiB }]);
            });
        yield return new(
            "regions overlap", FaultCode.VhdxRegionsOverlap, MetadataOffset,
            image => image.PutRegions([Table(image) with { Offset = MetadataOffset }, Metadata(image)]));
        yield return new(
            "unknown region overlaps", FaultCode.VhdxRegionsOverlap, TableOffset,
            image => image.PutRegions([.. image.Regions(), (DiskId, TableOffset, MiB, 0)]))
        {
            Severity = Severity.Warning,
            Effect = FaultEffect.None,
        };
        yield return new(
            "reserved bits of a region", FaultCode.VhdxReservedNotZero, Regions1,
            image => image.PutRegions([Table(image) with { Flags = 3 }, Metadata(image)]));
        yield return new("metadata signature", FaultCode.VhdxMetadataInvalid, MetadataOffset, image => Flip(image, MetadataOffset));
        yield return new("metadata count", FaultCode.VhdxMetadataInvalid, MetadataOffset + 10, image => image.PutItemCount(2048));
        yield return new("metadata reserved", FaultCode.VhdxReservedNotZero, MetadataOffset + 8, image => Flip(image, MetadataOffset + 31));
        yield return new("item reserved", FaultCode.VhdxReservedNotZero, Item, image => Flip(image, Item + 31));
        yield return new(
            "size missing", FaultCode.VhdxMetadataItemMissing, MetadataOffset,
            image => { image.File.WriteAt(Item + 32, DiskId.ToByteArray()); image.File.WriteAt(Item + 32 + 24, Bytes(2u)); })
        {
            Effect = FaultEffect.Unreadable,
        };
        yield return new(
            "physical sector size missing", FaultCode.VhdxMetadataItemMissing, MetadataOffset,
            image => image.PutItemCount(4))
        {
            Severity = Severity.Warning,
            Effect = FaultEffect.None,
        };
        yield return new(
            "item twice", FaultCode.VhdxMetadataItemDuplicate, Item + (5 * 32),
            image => image.AddItem(SizeItem, Bytes(1UL), 6));
        yield return new("unknown item", FaultCode.VhdxMetadataItemUnknown, Item + (5 * 32), image => image.AddItem(DiskId, [1], 0));
        yield return new(
            "unknown required item", FaultCode.VhdxMetadataItemUnknownRequired, Item + (5 * 32),
            image => image.AddItem(DiskId, [1], 4));
        yield return new(
            "required item of a user", FaultCode.VhdxMetadataUserItemRequired, Item + (5 * 32),
            image => image.AddItem(DiskId, [1], 5));
        yield return new("unfinished", FaultCode.VhdxFileUnfinished, Item + (5 * 32), image => image.AddItem(UnfinishedItem, [], 4));
        yield return new(
            "item past the region", FaultCode.VhdxMetadataItemMisplaced, Item + (5 * 32),
            image => image.AddItem(DiskId, [1], 0, offset: (uint)MiB));
        yield return new(
            "item over the table", FaultCode.VhdxMetadataItemMisplaced, Item + (5 * 32),
            image => image.AddItem(DiskId, [1], 0, offset: 65535));
        yield return new(
            "items overlap", FaultCode.VhdxMetadataItemMisplaced, Item + (5 * 32),
            image => image.AddItem(DiskId, [1], 0, offset: 65536 + 3));
        yield return new(
            "item's length wraps", FaultCode.VhdxMetadataItemMisplaced, Item + (5 * 32),
            image => image.AddItem(DiskId, [1], 0, offset: uint.MaxValue, length: uint.MaxValue));
        yield return new(
            "length of the size", FaultCode.VhdxMetadataItemInvalid, Item + 32,
            image => image.File.WriteAt(Item + 32 + 20, Bytes(4u)));
        yield return new(
            "flags of the size", FaultCode.VhdxMetadataFlagsMismatch, Item + 32,
            image => image.File.WriteAt(Item + 32 + 24, Bytes(4u)));
        yield return new(
            "block size 3 MiB", FaultCode.VhdxBlockSizeUnsupported, Item,
            image => image.File.WriteAt(MetadataOffset + 65536, Bytes(3u << 20)));
        yield return new(
            "block size 512 MiB", FaultCode.VhdxBlockSizeUnsupported, Item,
            image => image.File.WriteAt(MetadataOffset + 65536, Bytes(1u << 29)));
        yield return new(
            "block size 0", FaultCode.VhdxBlockSizeUnsupported, Item,
            image => image.File.WriteAt(MetadataOffset + 65536, Bytes(0u)));
        yield return new(
            "reserved file parameters", FaultCode.VhdxReservedNotZero, Item,
            image => image.File.WriteAt(MetadataOffset + 65540, Bytes(4u)));
        yield return new("size 0", FaultCode.VhdxSizeZero, Item + 32, image => image.File.WriteAt(MetadataOffset + 65544, Bytes(0UL)));
        yield return new(
            "size over 64 TiB", FaultCode.VhdxSizeTooLarge, Item + 32,
            image => image.File.WriteAt(MetadataOffset + 65544, Bytes((64UL << 40) + 512)));
        yield return new(
            "size of all bits", FaultCode.VhdxSizeTooLarge, Item + 32,
            image => image.File.WriteAt(MetadataOffset + 65544, Bytes(ulong.MaxValue)));
        yield return new(
            "odd size", FaultCode.VhdxSizeNotSectorAligned, Item + 32,
            image => image.File.WriteAt(MetadataOffset + 65544, Bytes((10UL << 20) - 1)));
        yield return new(
            "sector size", FaultCode.VhdxSectorSizeUnsupported, Item + 96,
            image => image.File.WriteAt(MetadataOffset + 65568, Bytes(1024u)));
        yield return new(
            "physical sector size", FaultCode.VhdxSectorSizeUnsupported, Item + 128,
            image => image.File.WriteAt(MetadataOffset + 65572, Bytes(0u)));
        yield return new(
            "table too small", FaultCode.VhdxTableTooSmall, TableOffset,
            image => image.File.WriteAt(MetadataOffset + 65544, Bytes(64UL << 40)));
        yield return new("no locator", FaultCode.VhdxLocatorMissing, null, _ => { }) { Make = Child };
        yield return new(
            "locator of a dynamic image", FaultCode.VhdxLocatorUnexpected, Item + (5 * 32),
            image => image.AddLocator(("a", "b")));
        yield return new(
            "locator without link", FaultCode.VhdxLinkageMissing, MetadataOffset + 65576,
            image => image.AddLocator(("relative_path", "b")))
        {
            Make = Child,
        };
        yield return new(
            "locator whose link is no id", FaultCode.VhdxLinkageMissing, MetadataOffset + 65576,
            image => image.AddLocator(("parent_linkage", "b")))
        {
            Make = Child,
        };
        yield return new(
            "locator of another kind", FaultCode.VhdxLocatorInvalid, MetadataOffset + 65576,
            image => image.AddItem(LocatorItem, Locator(DiskId, ("parent_linkage", DiskId.ToString())), 4))
        {
            Make = Child,
        };
        yield return new(
            "damaged locator", FaultCode.VhdxLocatorInvalid, MetadataOffset + 65576,
            image => image.AddItem(LocatorItem, new byte[10], 4))
        {
            Make = Child,
        };
    }
}
