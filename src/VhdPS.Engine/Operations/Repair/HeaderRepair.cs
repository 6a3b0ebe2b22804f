using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>The dynamic header, which has no copy: fields whose right value the rest of the file proves.</summary>
internal sealed class HeaderRepair(ImageFile file, CheckReport report, Func<FaultCode, bool> isSelected)
{
    /// <summary>The fields that are repaired, and the checksum, lie in the first bytes, and so in one sector.</summary>
    private const int RepairedBytes = 40;

    private readonly ImageLayout _layout = report.Layout!;
    private readonly Dictionary<FaultCode, RepairDecision> _decisions = [];
    private DynamicDiskHeader? _final;

    /// <summary>Whether it is known what the header has to be.</summary>
    public bool IsProven { get; private set; } = true;

    /// <summary>Weighs the findings about the header.</summary>
    public void Decide()
    {
        if (_layout.Header is not { } header)
        {
            return;
        }

        if ((long)_layout.Footer.DataOffset % VhdSpec.SectorSize > VhdSpec.SectorSize - RepairedBytes)
        {
            Refuse("The header's fields lie in two sectors and could not be written in one piece.");
            return;
        }

        if (!header.IsChecksumValid)
        {
            DecideChecksum(header);
            return;
        }

        DynamicDiskHeader changed = header;
        if (header.NextOffset != VhdSpec.AbsentOffset)
        {
            _decisions[FaultCode.NextOffsetPresent] = RepairDecision.Repair("The specification knows no next structure; all bits are set.");
            changed = isSelected(FaultCode.NextOffsetPresent) ? changed.With(nextOffset: VhdSpec.AbsentOffset) : changed;
        }

        if (_layout.BlockSize > 0 && header.MaxTableEntries > _layout.BlockCount)
        {
            changed = DecideExtraEntries(changed);
        }

        _final = ReferenceEquals(changed, header) ? null : changed;
    }

    /// <summary>What becomes of a finding; null where it is not about the header.</summary>
    public RepairDecision? Of(Finding finding) => _decisions.TryGetValue(finding.Code, out RepairDecision decision) ? decision : null;

    /// <summary>The change.</summary>
    public IEnumerable<RepairPhase> Phases()
    {
        var phase = new RepairPhase();
        if (_final is not null)
        {
            phase.Put(file, (long)_layout.Footer.DataOffset, _final.Bytes);
        }

        return [phase];
    }

    private void Refuse(string why)
    {
        IsProven = _layout.Header!.IsChecksumValid;
        foreach (FaultCode code in new[] { FaultCode.HeaderChecksumMismatch, FaultCode.NextOffsetPresent, FaultCode.TableEntriesTooMany })
        {
            _decisions[code] = RepairDecision.NotProven(why);
        }
    }

    private void DecideChecksum(DynamicDiskHeader header)
    {
        IsProven = false;
        bool isAlone = report.ErrorCount == 1 && _layout.BlockSize > 0;
        (DynamicDiskHeader Header, string Proof)? proven = null;
        foreach ((DynamicDiskHeader candidate, string field) in Candidates(header))
        {
            if (candidate.Checksum == header.Checksum)
            {
                proven = (candidate, $"With the {field} that the disk and the specification ask for, the stored checksum is right.");
                break;
            }
        }

        if (proven is null && isAlone && header.MaxTableEntries == _layout.BlockCount && header.IsReservedZero && IsParentSane(header))
        {
            proven = (header.With(), "Every field agrees with the disk's size, the table and the blocks; the checksum is computed again.");
        }

        if (proven is not { } found)
        {
            _decisions[FaultCode.HeaderChecksumMismatch] = RepairDecision.NotProven(
                "Nothing proves which field is wrong, and the header has no copy.");
            return;
        }

        _decisions[FaultCode.HeaderChecksumMismatch] = RepairDecision.Repair(found.Proof);
        _final = isSelected(FaultCode.HeaderChecksumMismatch) ? found.Header : null;
    }

    private IEnumerable<(DynamicDiskHeader Header, string Field)> Candidates(DynamicDiskHeader header)
    {
        yield return (header.With(nextOffset: VhdSpec.AbsentOffset), "next offset");
        yield return (header.With(tableOffset: _layout.Footer.DataOffset + VhdSpec.HeaderSize), "table offset");
        long sectorsPerBlock = Math.Max(1, header.BlockSize / VhdSpec.SectorSize);
        long blockCount = (_layout.SectorCount + sectorsPerBlock - 1) / sectorsPerBlock;
        if (blockCount <= VhdSpec.MaxTableEntries)
        {
            yield return (header.With(maxTableEntries: (uint)blockCount), "number of entries");
        }
    }

    private bool IsParentSane(DynamicDiskHeader header) =>
        _layout.VhdType == VhdType.Dynamic || (header.ParentUniqueId != Guid.Empty && header.ParentUnicodeName.Length > 0);

    private DynamicDiskHeader DecideExtraEntries(DynamicDiskHeader header)
    {
        // By either of its sizes the disk may need them.
        HardDiskFooter footer = _layout.Footer;
        ulong largest = Math.Max(
            Math.Max(footer.CurrentSize, footer.OriginalSize), (ulong)(footer.Geometry.IsMax ? 0 : footer.Geometry.SizeBytes));
        ulong needed = (largest / header.BlockSize) + (largest % header.BlockSize == 0 ? 0UL : 1);
        bool areUsed = report.Findings.Any(finding => finding.Code == FaultCode.TableEntryBeyondDisk);
        bool isSpace = header.MaxTableEntries - (uint)_layout.BlockCount > 1;
        if (areUsed || needed > (ulong)_layout.BlockCount || isSpace)
        {
            _decisions[FaultCode.TableEntriesTooMany] = RepairDecision.NotProven(
                areUsed ? "An extra entry is in use."
                : isSpace ? "So many unused entries may be there for the disk to grow into."
                : "By another of its sizes the disk needs the entries.");
            return header;
        }

        _decisions[FaultCode.TableEntriesTooMany] = RepairDecision.Repair(
            Invariant($"The entries after the disk's end, all unused, are dropped: {_layout.BlockCount} stay."));
        return isSelected(FaultCode.TableEntriesTooMany) ? header.With(maxTableEntries: (uint)_layout.BlockCount) : header;
    }
}
