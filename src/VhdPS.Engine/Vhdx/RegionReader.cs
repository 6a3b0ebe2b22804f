using System.Globalization;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>Reads both region tables, judges them and what they name, and tells where the regions are.</summary>
internal sealed class RegionReader(ImageFile file, VhdxLog log, List<Finding> findings)
{
    private readonly List<VhdxExtent> _extents = [new VhdxExtent(VhdStructure.VhdxHeader, 0, VhdxSpec.HeaderAreaSize)];

    /// <summary>Header area, log and regions in the order of the file; known once <see cref="Read"/> has returned.</summary>
    public IReadOnlyList<VhdxExtent> Extents => _extents;

    /// <summary>The region of the block allocation table; null where it cannot be used.</summary>
    public VhdxExtent? Table { get; private set; }

    /// <summary>The metadata region; null where it cannot be used.</summary>
    public VhdxExtent? Metadata { get; private set; }

    public void Read()
    {
        RegionTable first = ReadTable(VhdxSpec.RegionTable1Offset), second = ReadTable(VhdxSpec.RegionTable2Offset);
        if (log.Region is { } region)
        {
            _extents.Add(new VhdxExtent(VhdStructure.Log, region.FileOffset, region.Length));
        }

        if (Choose(first, second) is { } chosen && CheckTable(chosen.Table, chosen.FileOffset))
        {
            ReadEntries(chosen.Table, chosen.FileOffset);
        }

        _extents.Sort(static (a, b) => (a.FileOffset, a.End).CompareTo((b.FileOffset, b.End)));
        CheckOverlaps();
    }

    private (RegionTable Table, long FileOffset)? Choose(RegionTable first, RegionTable second)
    {
        if (first.IsValid && second.IsValid)
        {
            if (!first.Bytes.SequenceEqual(second.Bytes))
            {
                long at = VhdxSpec.RegionTable2Offset + first.Bytes.CommonPrefixLength(second.Bytes);
                findings.Add(new Finding(
                    FaultCode.VhdxRegionTablesDiffer, VhdStructure.RegionTable, at, "the bytes of the first table", "others",
                    "The two region tables differ."));
            }

            return (first, VhdxSpec.RegionTable1Offset);
        }

        if (first.IsValid || second.IsValid)
        {
            findings.Add(first.IsValid ? Damaged(second, VhdxSpec.RegionTable2Offset) : Damaged(first, VhdxSpec.RegionTable1Offset));
            return first.IsValid ? (first, VhdxSpec.RegionTable1Offset) : (second, VhdxSpec.RegionTable2Offset);
        }

        // Read by force, a table serves whose checksum alone is wrong.
        bool isFirst = first.HasSignature || !second.HasSignature;
        RegionTable used = isFirst ? first : second;
        findings.Add(Damaged(used, isFirst ? VhdxSpec.RegionTable1Offset : VhdxSpec.RegionTable2Offset) with
        {
            Code = FaultCode.VhdxRegionTablesInvalid,
            Message = "Both region tables are damaged.",
            Severity = Severity.Error,
            Effect = used.HasSignature ? FaultEffect.UnreadableUnlessForced : FaultEffect.Unreadable,
        });
        return used.HasSignature ? (used, isFirst ? VhdxSpec.RegionTable1Offset : VhdxSpec.RegionTable2Offset) : null;
    }

    private bool CheckTable(RegionTable table, long tableOffset)
    {
        if (table.EntryCount > VhdxSpec.MaxRegionCount)
        {
            findings.Add(new Finding(
                FaultCode.VhdxRegionTablesInvalid, VhdStructure.RegionTable, tableOffset + 8,
                Invariant($"at most {VhdxSpec.MaxRegionCount}"),
                Invariant($"{table.EntryCount}"), "The region table has more entries than it has room for.")
            {
                Effect = FaultEffect.Unreadable,
            });
            return false;
        }

        if (!table.IsReservedZero)
        {
            findings.Add(new Finding(
                FaultCode.VhdxReservedNotZero, VhdStructure.RegionTable, tableOffset, "zeros", "other bits",
                "Reserved bits of the region table are not zero."));
        }

        return true;
    }

    private void ReadEntries(RegionTable table, long tableOffset)
    {
        var seen = new HashSet<Guid>();
        IReadOnlyList<RegionEntry> entries = table.Entries;
        for (int i = 0; i < entries.Count; i++)
        {
            RegionEntry entry = entries[i];
            long at = tableOffset + RegionTable.EntryOffset(i);
            VhdStructure structure = entry.Id == VhdxSpec.TableRegion ? VhdStructure.BlockAllocationTable
                : entry.Id == VhdxSpec.MetadataRegion ? VhdStructure.Metadata
                : VhdStructure.UnknownRegion;
            if (!seen.Add(entry.Id))
            {
                findings.Add(new Finding(
                    FaultCode.VhdxRegionDuplicate, VhdStructure.RegionTable, at, "each region once", Invariant($"{entry.Id}"),
                    "A region is named twice."));
            }
            else if (structure == VhdStructure.UnknownRegion)
            {
                findings.Add(new Finding(
                    entry.IsRequired ? FaultCode.VhdxRegionUnknownRequired : FaultCode.VhdxRegionUnknown, VhdStructure.RegionTable, at,
                    string.Empty,
                    Invariant($"{entry.Id}"), "A region is of an unknown kind."));
            }

            Place(entry, structure, at);
        }

        CheckPresence(Table, seen.Contains(VhdxSpec.TableRegion), "the block allocation table", tableOffset);
        CheckPresence(Metadata, seen.Contains(VhdxSpec.MetadataRegion), "the metadata", tableOffset);
    }

    private void CheckPresence(VhdxExtent? extent, bool isNamed, string what, long tableOffset)
    {
        if (extent is null && !isNamed)
        {
            findings.Add(new Finding(
                FaultCode.VhdxRegionMissing, VhdStructure.RegionTable, tableOffset, Invariant($"an entry for {what}"), "none",
                Invariant($"The region table does not name {what}.")));
        }
    }

    private void Place(RegionEntry entry, VhdStructure structure, long at)
    {
        long most = structure == VhdStructure.BlockAllocationTable ? VhdxSpec.MaxTableRegionSize
            : structure == VhdStructure.Metadata ? VhdxSpec.MaxMetadataRegionSize
            : uint.MaxValue;
        bool isInFile = entry.FileOffset <= (ulong)file.Length && entry.Length <= (ulong)file.Length - entry.FileOffset;
        bool isOnMebibytes = entry.FileOffset % VhdxSpec.Mebibyte == 0 && entry.Length % VhdxSpec.Mebibyte == 0;
        if (!isInFile || !isOnMebibytes || entry.Length == 0 || entry.Length > most || entry.FileOffset < VhdxSpec.HeaderAreaSize)
        {
            var finding = new Finding(
                FaultCode.VhdxRegionMisplaced, structure, at + 16,
                Invariant($"whole MiB, at most {most} bytes, between 1 MiB and {file.Length} bytes"),
                Invariant($"{entry.Length} bytes at offset {entry.FileOffset}"),
                "The region table names no place of the file for a region.");
            findings.Add(structure == VhdStructure.UnknownRegion ? Harmless(finding) : finding);
            return;
        }

        var extent = new VhdxExtent(structure, (long)entry.FileOffset, entry.Length);
        _extents.Add(extent);
        Table ??= structure == VhdStructure.BlockAllocationTable ? extent : null;
        Metadata ??= structure == VhdStructure.Metadata ? extent : null;
    }

    /// <summary>Each extent against the one before it that reaches farthest.</summary>
    private void CheckOverlaps()
    {
        VhdxExtent farthest = _extents[0];
        for (int i = 1; i < _extents.Count; i++)
        {
            VhdxExtent extent = _extents[i];
            if (extent.FileOffset < farthest.End)
            {
                AddOverlap(farthest, extent);
            }

            farthest = extent.End > farthest.End ? extent : farthest;
        }
    }

    private void AddOverlap(VhdxExtent farthest, VhdxExtent extent)
    {
        bool isLog = farthest.Structure == VhdStructure.Log || extent.Structure == VhdStructure.Log;
        bool isUnknown = farthest.Structure == VhdStructure.UnknownRegion || extent.Structure == VhdStructure.UnknownRegion;
        var finding = new Finding(
            isLog ? FaultCode.VhdxLogMisplaced : FaultCode.VhdxRegionsOverlap, extent.Structure, extent.FileOffset,
            Invariant($"offset {farthest.End} or more"), Invariant($"offset {extent.FileOffset}"),
            $"The {extent.Structure} overlaps the {farthest.Structure}.");

        // A clean log is not read, and a region of an unknown kind never is.
        bool isRead = isLog ? log.State != VhdxLogState.Clean : !isUnknown;
        findings.Add(isRead
            ? finding with { Severity = Severity.Error, Effect = FaultEffect.Unreadable }
            : Harmless(finding));
    }

    private static Finding Harmless(Finding finding) => finding with { Severity = Severity.Warning, Effect = FaultEffect.None };

    private static Finding Damaged(RegionTable table, long fileOffset) => table.HasSignature
        ? new Finding(
            FaultCode.VhdxRegionTableInvalid, VhdStructure.RegionTable, fileOffset + 4, $"0x{table.ComputedChecksum:X8}",
            $"0x{table.Checksum:X8}",
            "The checksum of the region table is not that of its bytes.")
        : new Finding(
            FaultCode.VhdxRegionTableInvalid, VhdStructure.RegionTable, fileOffset, "regi", SignatureText.Of(table.Bytes[..4]),
            "There is no region table.");

    private RegionTable ReadTable(long fileOffset)
    {
        byte[] bytes = new byte[VhdxSpec.RegionTableSize];
        file.ReadAt(fileOffset, bytes);
        return RegionTable.Parse(bytes);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
