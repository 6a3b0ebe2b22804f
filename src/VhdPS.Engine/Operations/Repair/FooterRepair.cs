using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// Footer and copy: each from the other, at their places and in full length. In every state between two writes one of the
/// two is sound and names the same header.
/// </summary>
internal sealed class FooterRepair(
    ImageFile file, ImageLayout layout, RepairOptions options, Func<FaultCode, bool> isSelected, TableRepair table)
{
    private readonly FooterPair _footers = layout.Footers;
    private readonly Dictionary<FaultCode, RepairDecision> _decisions = [];
    private HardDiskFooter _final = layout.Footer;
    private long? _offset;
    private bool _isEndWritten;
    private bool _isFrontWritten;
    private bool _isMoved;
    private bool _isCut;

    /// <summary>Whether it is known what the footer has to be.</summary>
    public bool IsProven { get; private set; } = true;

    /// <summary>Whether the table can be trusted to say where the blocks are.</summary>
    private bool IsTableKnown => layout is { BlockSize: > 0, Header.IsChecksumValid: true };

    private bool IsTableAfterFooter =>
        layout.Header is { } header && _footers.End is { } end && header.TableOffset <= (ulong)layout.FileLength
        && header.EntriesEnd > end.FileOffset + end.Footer.StoredLength;

    private bool HasCopy => layout.VhdType != VhdType.Fixed;

    private bool IsEndSound => _footers.End is { Footer: { HasCookie: true, IsChecksumValid: true } };

    private bool IsFrontSound =>
        _footers.Front is { Footer: { HasCookie: true, IsChecksumValid: true } front } && front.DiskType != VhdType.Fixed;

    /// <summary>Weighs the findings about footers.</summary>
    public void Decide()
    {
        if (!IsEndSound && !(HasCopy && IsFrontSound))
        {
            DecideWithoutSound();
            return;
        }

        _offset = _footers.End?.FileOffset;
        DecideEnd();
        DecideCopy();
        DecideUniqueId();
        DecideTail();
    }

    /// <summary>What becomes of a finding; null where it is not about footers.</summary>
    public RepairDecision? Of(Finding finding) => _decisions.TryGetValue(finding.Code, out RepairDecision decision) ? decision : null;

    /// <summary>The changes but for the cut.</summary>
    public IEnumerable<RepairPhase> Phases()
    {
        RepairPhase front = new(), end = new();
        if (_isFrontWritten)
        {
            front.Put(file, 0, _final.Bytes);
        }

        if (_isEndWritten && _offset is { } offset)
        {
            end.Put(file, offset, _final.Bytes);
        }

        // The one that is not valid is written first, while the other is.
        RepairPhase[] phases = IsEndSound && !IsFrontSound ? [front, end] : [end, front];
        return _isMoved ? [.. phases, OldPlaceEmptied()] : phases;
    }

    /// <summary>The cut of what lies after the footer, last of all.</summary>
    public IEnumerable<RepairPhase> CutPhases()
    {
        var cut = new RepairPhase();
        if (_isCut && _offset is { } offset && file.Length > offset + VhdSpec.FooterSize)
        {
            cut.Cut(file, offset + VhdSpec.FooterSize);
        }

        return [cut];
    }

    private void DecideWithoutSound()
    {
        if (FooterEvidence.Restore(_footers) is not { } restored || _footers.End?.FileOffset % VhdSpec.SectorSize is not (null or 0))
        {
            IsProven = false;
            RefuseAll("No checksum is valid, and nothing proves which field is wrong.");
            return;
        }

        _final = restored.Footer;
        IsProven = isSelected(FaultCode.FooterChecksumMismatch);
        _decisions[FaultCode.FooterChecksumMismatch] = RepairDecision.Repair(restored.Proof + " The checksum is computed again.");
        _isEndWritten = IsProven && _footers.End is not null;
        _isFrontWritten = IsProven && HasCopy;
        _offset = _footers.End?.FileOffset;
    }

    private void RefuseAll(string why)
    {
        foreach (FaultCode code in new[]
        {
            FaultCode.FooterMissing, FaultCode.FooterCopyMissing, FaultCode.FooterChecksumMismatch, FaultCode.FooterChecksumZero,
            FaultCode.FootersDiffer, FaultCode.FooterIs511Bytes, FaultCode.TrailingBytes, FaultCode.UniqueIdNull, FaultCode.LastBlockShort,
        })
        {
            _decisions[code] = RepairDecision.NotProven(why);
        }
    }

    private void DecideEnd()
    {
        if (_footers.End is { } end)
        {
            if (end.FileOffset % VhdSpec.SectorSize != 0)
            {
                RefuseAll("The footer does not lie on a sector and could not be written in one piece.");
                return;
            }

            FaultCode? fault = end.Footer switch
            {
                { HasCookie: true, Checksum: 0, IsChecksumValid: false } => FaultCode.FooterChecksumZero,
                { IsChecksumValid: false } => FaultCode.FooterChecksumMismatch,
                { StoredLength: VhdSpec.LegacyFooterSize } => FaultCode.FooterIs511Bytes,
                _ => null,
            };
            if (fault is { } code)
            {
                _isEndWritten = isSelected(code);
                _decisions[code] = RepairDecision.Repair(code == FaultCode.FooterIs511Bytes
                    ? "The missing byte, a reserved zero, is added."
                    : Invariant($"The footer at {end.FileOffset} is written from its copy, whose checksum is valid."));
            }

            return;
        }

        if (!IsTableKnown)
        {
            _decisions[FaultCode.FooterMissing] = RepairDecision.NotProven(
                "Where the data ends is not known while the header is not valid.");
        }
        else if (table.CutOffBlock is { } block)
        {
            _decisions[FaultCode.FooterMissing] = RepairDecision.NotProven(
                Invariant($"The file was cut off in block {block}; a footer here would hide that. Copy the file again from its source."));
        }
        else
        {
            _offset = FindPlace();
            _isEndWritten = isSelected(FaultCode.FooterMissing);
            _decisions[FaultCode.FooterMissing] = RepairDecision.Repair(
                Invariant($"The footer is written at {_offset} from its copy, whose checksum is valid."));
        }
    }

    /// <summary>The last sector of the file where it holds a footer's remains, else a new one after everything.</summary>
    private long FindPlace()
    {
        long last = (file.Length - 1) / VhdSpec.SectorSize * VhdSpec.SectorSize;
        Span<byte> remains = stackalloc byte[VhdSpec.FooterSize];
        if (last >= table.KeptEnd)
        {
            remains = remains[..file.ReadAt(last, remains)];

            // QUIRK(tapdisk): it fills the footer with 0xC7 while the image is open.
            bool isEmpty = remains.IndexOfAnyExcept(remains[0]) < 0;
            if (isEmpty || Likeness(remains) > VhdSpec.FooterSize * 3 / 4)
            {
                return last;
            }
        }

        return VhdSpec.RoundUp(Math.Max(file.Length, table.KeptEnd), VhdSpec.SectorSize);
    }

    /// <summary>Bytes that are as in the footer.</summary>
    private int Likeness(ReadOnlySpan<byte> remains)
    {
        int same = 0;
        for (int i = 0; i < remains.Length; i++)
        {
            same += remains[i] == _final.Bytes[i] ? 1 : 0;
        }

        return same;
    }

    private void DecideCopy()
    {
        if (!HasCopy || !IsEndSound)
        {
            return;
        }

        if (layout.BlockSize == 0)
        {
            RepairDecision refusal = RepairDecision.NotProven("The header that the footer names is not valid.");
            _decisions[FaultCode.FooterCopyMissing] = _decisions[FaultCode.FootersDiffer] = refusal;
            if (!IsFrontSound)
            {
                _decisions[FaultCode.FooterChecksumMismatch] = refusal;
            }

            return;
        }

        FaultCode code = _footers.Front is null ? FaultCode.FooterCopyMissing
            : !IsFrontSound ? FaultCode.FooterChecksumMismatch
            : FaultCode.FootersDiffer;
        bool isEqual = _footers.Front?.Footer.Bytes.SequenceEqual(_final.Bytes) == true;
        if (!isEqual && isSelected(code))
        {
            _isFrontWritten = true;
        }

        if (!isEqual)
        {
            _decisions[code] = RepairDecision.Repair("The copy is written from the footer at the end, whose checksum is valid.");
        }
    }

    private void DecideUniqueId()
    {
        if (layout.Footer.UniqueId != Guid.Empty)
        {
            return;
        }

        if (options.UniqueId is not { } id || id == Guid.Empty)
        {
            _decisions[FaultCode.UniqueIdNull] = RepairDecision.NotProven("No new id was given.");
        }
        else if (_offset is null || (HasCopy && layout.BlockSize == 0) || (!IsEndSound && !_isEndWritten))
        {
            _decisions[FaultCode.UniqueIdNull] = RepairDecision.NotProven("The other footer must be valid first.");
        }
        else
        {
            _decisions[FaultCode.UniqueIdNull] = RepairDecision.Repair(
                $"Both footers get the id {id}; no child can name an image that has none.");
            if (isSelected(FaultCode.UniqueIdNull))
            {
                _final = _final.With(uniqueId: id);
                _isEndWritten = true;
                _isFrontWritten = HasCopy;
            }
        }
    }

    private void DecideTail()
    {
        if (_footers.TrailingBytes > 0)
        {
            _decisions[FaultCode.TrailingBytes] = RepairDecision.Repair(
                Invariant($"{_footers.TrailingBytes} bytes after the footer, which nothing names, are cut off."));
            _isCut = isSelected(FaultCode.TrailingBytes);
            if (IsTableAfterFooter)
            {
                _isCut = false;
                _decisions[FaultCode.TrailingBytes] = RepairDecision.NotProven("By its number of entries the table reaches into them.");
            }
            else if (!IsEndSound || _footers.TrailingBytes > FooterPair.SearchDistance)
            {
                _isCut = false;
                _decisions[FaultCode.TrailingBytes] = RepairDecision.NotProven("The footer before them must be valid first.");
            }
        }

        if (table.ShortBlockEnd is not { } blockEnd || _footers.End is null)
        {
            return;
        }

        if (table.IsEndInDoubt)
        {
            _decisions[FaultCode.LastBlockShort] = RepairDecision.NotProven(
                "Other entries name places after the end, which would then lie in the file.");
            return;
        }

        if (!IsEndSound || !IsTableKnown || (_footers.TrailingBytes > 0 && !_isCut))
        {
            _decisions[FaultCode.LastBlockShort] = RepairDecision.NotProven(
                "Footer and header must be valid, and the footer be the end of the file, first.");
            return;
        }

        _decisions[FaultCode.LastBlockShort] = RepairDecision.Repair(
            Invariant($"The footer moves from {_offset} to {blockEnd}; the block is filled up with zeros."));
        if (isSelected(FaultCode.LastBlockShort))
        {
            _offset = blockEnd;
            _isEndWritten = true;
            _isMoved = true;
        }
    }

    /// <summary>Zeros where the footer was, up to where it is now: it lies in a block's tail.</summary>
    private RepairPhase OldPlaceEmptied()
    {
        var phase = new RepairPhase();
        long old = _footers.End!.FileOffset;
        phase.Put(file, old, new byte[Math.Min(_footers.End.Footer.StoredLength, _offset!.Value - old)]);
        return phase;
    }
}
