using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>Reads the metadata region and judges its table and each item.</summary>
internal sealed class MetadataReader(ImageFile file, VhdxExtent region, List<Finding> findings)
{
    private const uint FixedFlag = 1;
    private const uint ParentFlag = 2;

    private readonly Dictionary<Guid, MetadataEntry> _items = [];

    /// <summary>What the items say; null where one is missing or cannot be used without which there is no disk.</summary>
    public VhdxMetadata? Read()
    {
        byte[] bytes = new byte[VhdxSpec.MetadataTableSize];
        file.ReadAt(region.FileOffset, bytes);
        var table = MetadataTable.Parse(bytes);
        if (!table.HasSignature)
        {
            findings.Add(new Finding(
                FaultCode.VhdxMetadataInvalid, VhdStructure.Metadata, region.FileOffset, "metadata", SignatureText.Of(table.Bytes[..8]),
                "There is no metadata table."));
            return null;
        }

        if (!table.IsEntryCountValid)
        {
            findings.Add(new Finding(
                FaultCode.VhdxMetadataInvalid, VhdStructure.Metadata, region.FileOffset + 10, "at most 2047",
                Invariant($"{table.EntryCount}"),
                "The metadata table has more entries than it has room for."));
            return null;
        }

        if (!table.IsReservedZero)
        {
            findings.Add(new Finding(
                FaultCode.VhdxReservedNotZero, VhdStructure.Metadata, region.FileOffset + 8, "zeros", "other bytes",
                "Reserved bytes of the metadata table are not zero."));
        }

        IReadOnlyList<MetadataEntry> entries = table.Entries;
        CheckEntries(entries);
        CheckPlaces(entries);
        CheckAmounts(entries);
        return Decode();
    }

    private void CheckEntries(IReadOnlyList<MetadataEntry> entries)
    {
        var seen = new HashSet<(Guid Id, bool IsUser)>();
        foreach (MetadataEntry entry in entries)
        {
            if (!entry.IsReservedZero)
            {
                Add(FaultCode.VhdxReservedNotZero, entry, "zeros", "other bits", "Reserved bits of a metadata entry are not zero.");
            }

            if (!seen.Add((entry.Id, entry.IsUser)))
            {
                Add(
                    FaultCode.VhdxMetadataItemDuplicate, entry, "each item once", Invariant($"{entry.Id}"),
                    "A metadata item is there twice.");
            }
            else if (entry.IsUser)
            {
                CheckUserItem(entry);
            }
            else if (MetadataItemKind.Find(entry.Id) is { } kind)
            {
                CheckKnownItem(entry, kind);
                _items[entry.Id] = entry;
            }
            else if (entry.Id == VhdxSpec.UnfinishedFileItem)
            {
                Add(
                    FaultCode.VhdxFileUnfinished, entry, "no such item", Invariant($"{entry.Id}"),
                    "The file says that its making was not completed.");
            }
            else
            {
                FaultCode code = entry.IsRequired ? FaultCode.VhdxMetadataItemUnknownRequired : FaultCode.VhdxMetadataItemUnknown;
                Add(code, entry, string.Empty, Invariant($"{entry.Id}"), "A metadata item is of an unknown kind.");
            }
        }
    }

    private void CheckUserItem(MetadataEntry entry)
    {
        if (entry.IsRequired)
        {
            Add(
                FaultCode.VhdxMetadataUserItemRequired, entry, "an item that readers may ignore", Invariant($"{entry.Id}"),
                "A user's metadata item is marked as required.");
        }
    }

    private void CheckKnownItem(MetadataEntry entry, MetadataItemKind kind)
    {
        if (kind.IsVirtualDisk is { } isVirtualDisk && (entry.IsVirtualDisk != isVirtualDisk || !entry.IsRequired))
        {
            Add(
                FaultCode.VhdxMetadataFlagsMismatch, entry, isVirtualDisk ? "required, of the disk" : "required, of the file",
                Invariant($"0x{entry.Flags:X}"), $"The item {kind.Name} is not marked as its kind is.");
        }

        if (kind.Length != 0 && entry.Length != kind.Length)
        {
            Add(
                FaultCode.VhdxMetadataItemInvalid, entry, Invariant($"{kind.Length} bytes"), Invariant($"{entry.Length} bytes"),
                $"The item {kind.Name} has another length than its kind.");
        }
    }

    /// <summary>Each item against the region, the table and the item before it that reaches farthest.</summary>
    private void CheckPlaces(IReadOnlyList<MetadataEntry> entries)
    {
        long farthestEnd = VhdxSpec.MetadataTableSize;
        foreach (MetadataEntry entry in entries.Where(entry => entry.Length > 0).OrderBy(entry => entry.Offset))
        {
            long end = (long)entry.Offset + entry.Length;
            if (end > region.Length || entry.Offset < farthestEnd)
            {
                Add(
                    FaultCode.VhdxMetadataItemMisplaced, entry, Invariant($"a place of its own from {farthestEnd} to {region.Length}"),
                    Invariant($"{entry.Length} bytes at {entry.Offset}"),
                    "A metadata item does not lie in the region, or overlaps another.");
            }

            farthestEnd = Math.Max(farthestEnd, end);
        }
    }

    private void CheckAmounts(IReadOnlyList<MetadataEntry> entries)
    {
        foreach (bool isUser in new[] { false, true })
        {
            MetadataEntry[] items = [.. entries.Where(entry => entry.IsUser == isUser)];
            int mostCount = isUser ? VhdxSpec.MaxUserItemCount : VhdxSpec.MaxSystemItemCount;
            long sum = items.Sum(entry => (long)entry.Length);
            string whose = isUser ? "users'" : "the system's";
            if (items.Length > mostCount)
            {
                AddTooLarge($"{mostCount} items", $"{items.Length} items", $"There are too many of {whose} metadata items.");
            }

            if (sum > VhdxSpec.MaxItemsSize)
            {
                AddTooLarge($"{VhdxSpec.MaxItemsSize} bytes", $"{sum} bytes", $"Too many bytes are {whose} metadata items.");
            }
        }

        if (entries.Any(entry => entry.Length > VhdxSpec.MaxItemSize))
        {
            AddTooLarge(
                $"{VhdxSpec.MaxItemSize} bytes", $"{entries.Max(entry => entry.Length)} bytes",
                $"A metadata item is larger than any may be.");
        }
    }

    private void AddTooLarge(FormattableString expected, FormattableString actual, FormattableString message) => findings.Add(new Finding(
        FaultCode.VhdxMetadataTooLarge, VhdStructure.Metadata, region.FileOffset, "at most " + Invariant(expected), Invariant(actual),
        Invariant(message)));

    private VhdxMetadata? Decode()
    {
        byte[]? parameters = ReadItem(VhdxSpec.FileParametersItem);
        byte[]? size = ReadItem(VhdxSpec.VirtualSizeItem);
        byte[]? logical = ReadItem(VhdxSpec.LogicalSectorSizeItem);
        byte[]? physical = ReadItem(VhdxSpec.PhysicalSectorSizeItem, isNeeded: false);
        byte[]? id = ReadItem(VhdxSpec.VirtualDiskIdItem, isNeeded: false);
        if (parameters is null || size is null || logical is null)
        {
            return null;
        }

        uint blockSize = BinaryPrimitives.ReadUInt32LittleEndian(parameters);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(parameters.AsSpan(4));
        uint logicalSectorSize = BinaryPrimitives.ReadUInt32LittleEndian(logical);
        uint physicalSectorSize = physical is null ? logicalSectorSize : BinaryPrimitives.ReadUInt32LittleEndian(physical);
        ulong sizeBytes = BinaryPrimitives.ReadUInt64LittleEndian(size);
        bool isUsable = CheckBlockSize(blockSize);
        isUsable &= CheckSectorSizes(logicalSectorSize, physicalSectorSize);
        isUsable &= CheckSize(sizeBytes, logicalSectorSize);
        bool hasParent = (flags & ParentFlag) != 0;
        if ((flags & ~(FixedFlag | ParentFlag)) != 0)
        {
            Add(
                FaultCode.VhdxReservedNotZero, _items[VhdxSpec.FileParametersItem], "bits 0 and 1 alone", Invariant($"0x{flags:X}"),
                "Reserved bits of the file parameters are not zero.");
        }

        VhdxParentLocator? locator = ReadLocator(hasParent);
        return !isUsable ? null : new VhdxMetadata
        {
            BlockSize = (int)blockSize,
            IsFixed = (flags & FixedFlag) != 0,
            HasParent = hasParent,
            SizeBytes = (long)sizeBytes,
            LogicalSectorSize = (int)logicalSectorSize,
            PhysicalSectorSize = (int)physicalSectorSize,
            VirtualDiskId = id is null ? Guid.Empty : new Guid(id),
            ParentLocator = locator,
        };
    }

    private bool CheckBlockSize(uint blockSize)
    {
        if (blockSize is >= VhdxSpec.MinBlockSize and <= VhdxSpec.MaxBlockSize && BitOperations.IsPow2(blockSize))
        {
            return true;
        }

        Add(
            FaultCode.VhdxBlockSizeUnsupported, _items[VhdxSpec.FileParametersItem], "a power of two from 1048576 to 268435456",
            Invariant($"{blockSize}"),
            "The block size is not usable.");
        return false;
    }

    private bool CheckSectorSizes(uint logicalSectorSize, uint physicalSectorSize)
    {
        if (logicalSectorSize is not (512 or 4096))
        {
            Add(
                FaultCode.VhdxSectorSizeUnsupported, _items[VhdxSpec.LogicalSectorSizeItem], "512 or 4096",
                Invariant($"{logicalSectorSize}"),
                "The logical sector size is not usable.");
            return false;
        }

        if (physicalSectorSize is not (512 or 4096))
        {
            Add(
                FaultCode.VhdxSectorSizeUnsupported, _items[VhdxSpec.PhysicalSectorSizeItem], "512 or 4096",
                Invariant($"{physicalSectorSize}"),
                "The physical sector size is not usable.");
            return false;
        }

        return true;
    }

    private bool CheckSize(ulong sizeBytes, uint logicalSectorSize)
    {
        MetadataEntry item = _items[VhdxSpec.VirtualSizeItem];
        if (sizeBytes > (ulong)VhdxSpec.MaxSize)
        {
            Add(
                FaultCode.VhdxSizeTooLarge, item, Invariant($"at most {VhdxSpec.MaxSize}"), Invariant($"{sizeBytes}"),
                "The virtual size is more than 64 TiB.");
            return false;
        }

        if (sizeBytes == 0)
        {
            Add(FaultCode.VhdxSizeZero, item, "more than 0", "0", "The disk has no sectors.");
        }
        else if (logicalSectorSize > 0 && sizeBytes % logicalSectorSize != 0)
        {
            Add(
                FaultCode.VhdxSizeNotSectorAligned, item, Invariant($"a multiple of {logicalSectorSize}"), Invariant($"{sizeBytes}"),
                "The virtual size is not a whole number of logical sectors.");
        }

        return true;
    }

    private VhdxParentLocator? ReadLocator(bool hasParent)
    {
        if (!_items.TryGetValue(VhdxSpec.ParentLocatorItem, out MetadataEntry item))
        {
            if (hasParent)
            {
                findings.Add(new Finding(
                    FaultCode.VhdxLocatorMissing, VhdStructure.ParentLocator, null, "a parent locator", "none",
                    "The image does not say where its parent is."));
            }

            return null;
        }

        if (!hasParent)
        {
            Add(
                FaultCode.VhdxLocatorUnexpected, item, "no parent locator", Invariant($"{item.Length} bytes"),
                "An image without a parent names one.");
            return null;
        }

        byte[]? bytes = ReadItem(VhdxSpec.ParentLocatorItem, isNeeded: false);
        VhdxParentLocator? locator = null;
        string? fault = "is not there as a whole";
        if (bytes is not null && !VhdxParentLocator.TryParse(bytes, out locator, out fault))
        {
            locator = null;
        }

        if (locator is not null && locator.Type != VhdxSpec.VhdxLocatorType)
        {
            fault ??= Invariant($"is of the unknown kind {locator.Type}");
        }

        if (fault is not null)
        {
            AddToLocator(FaultCode.VhdxLocatorInvalid, item, string.Empty, string.Empty, $"The parent locator {fault}.");
        }

        if (locator is { Linkage: null })
        {
            string actual = locator.Find(VhdxParentLocator.LinkageKey) is { } text ? $"'{text}'" : "none";
            AddToLocator(
                FaultCode.VhdxLinkageMissing, item, "the id of a parent", actual,
                "The parent locator does not say which image is the parent.");
        }

        return locator;
    }

    /// <summary>The bytes of an item of at most 1 MiB; null where it is not there as a whole.</summary>
    private byte[]? ReadItem(Guid id, bool isNeeded = true)
    {
        var kind = MetadataItemKind.Of(id);
        if (!_items.TryGetValue(id, out MetadataEntry entry))
        {
            if (id != VhdxSpec.ParentLocatorItem)
            {
                var finding = new Finding(
                    FaultCode.VhdxMetadataItemMissing, VhdStructure.Metadata, region.FileOffset, Invariant($"the item {kind.Name}"), "none",
                    "A metadata item is missing.");
                findings.Add(isNeeded ? finding : finding with { Severity = Severity.Warning, Effect = FaultEffect.None });
            }

            return null;
        }

        long end = (long)entry.Offset + entry.Length;
        if (end > region.Length || entry.Length > VhdxSpec.MaxItemSize || (kind.Length != 0 && entry.Length != kind.Length))
        {
            return null;
        }

        byte[] bytes = new byte[entry.Length];
        file.ReadAt(region.FileOffset + entry.Offset, bytes);
        return bytes;
    }

    private void Add(FaultCode code, MetadataEntry entry, string expected, string actual, string message) => findings.Add(new Finding(
        code, VhdStructure.Metadata, region.FileOffset + MetadataTable.EntryOffset(entry.Index), expected, actual, message));

    private void AddToLocator(FaultCode code, MetadataEntry entry, string expected, string actual, string message) => findings.Add(
        new Finding(code, VhdStructure.ParentLocator, region.FileOffset + entry.Offset, expected, actual, message));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
