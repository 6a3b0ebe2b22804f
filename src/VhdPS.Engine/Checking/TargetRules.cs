using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>Judges the rules of a target one by one; each that is broken is a finding too.</summary>
internal sealed class TargetRules
{
    private readonly List<RuleVerdict> _verdicts = [];
    private readonly FindingLog _log;

    private TargetRules(FindingLog log) => _log = log;

    /// <summary>The verdict on each rule of <paramref name="target"/>; none where the layout has no footer to judge.</summary>
    public static IReadOnlyList<RuleVerdict> Judge(ImageFile file, ImageLayout? layout, CheckTarget target, FindingLog log)
    {
        var rules = new TargetRules(log);
        switch (target)
        {
            case CheckTarget.Azure:
                AzureRules.Judge(rules, layout);
                break;
            case CheckTarget.HyperV:
                HyperVRules.Judge(rules, file, layout);
                break;
            case CheckTarget.VirtualPC:
                VirtualPcRules.Judge(rules, layout);
                break;
            default:
                break;
        }

        return rules._verdicts;
    }

    /// <summary>The verdict on each rule of <paramref name="target"/> about a VHDX.</summary>
    public static IReadOnlyList<RuleVerdict> JudgeVhdx(ImageFile file, CheckTarget target, FindingLog log)
    {
        var rules = new TargetRules(log);
        switch (target)
        {
            case CheckTarget.HyperV:
                HyperVRules.JudgeFile(rules, file, file.Length);
                break;
            case CheckTarget.Azure or CheckTarget.VirtualPC:
                rules.Add(
                    FaultCode.VhdxInsteadOfVhd, false, VhdStructure.File, 0, "a VHD image", "a VHDX image",
                    "Only VHD images are taken there.");
                break;
            default:
                break;
        }

        return rules._verdicts;
    }

    /// <summary>Enters the verdict on one rule.</summary>
    public void Add(FaultCode rule, bool holds, VhdStructure structure, long? fileOffset, string expected, string actual, string message)
    {
        _verdicts.Add(new RuleVerdict(rule, holds, expected, actual));
        if (!holds)
        {
            _log.Add(new Finding(rule, structure, fileOffset, expected, actual, message));
        }
    }

    /// <summary>The rule of programs that keep to the specification: whole, equal footers at both ends.</summary>
    public void AddFooters(FaultCode rule, ImageLayout? layout, string message)
    {
        bool holds = layout is { StoredFooter: not null, Footers: { End: { } end, TrailingBytes: 0 } pair }
            && end.Footer is { StoredLength: VhdSpec.FooterSize, IsChecksumValid: true, HasCookie: true }
            && (layout.VhdType == VhdType.Fixed || pair.Front?.Footer.Bytes.SequenceEqual(end.Footer.Bytes) == true);
        Add(
            rule, holds, VhdStructure.Footer, layout?.Footers.End?.FileOffset, "whole and equal footers at their places",
            holds ? "sound" : "unsound", message);
    }

    /// <summary>The rule that the size by the creator's convention is the one that the target sees.</summary>
    public void AddSizeSeen(FaultCode rule, ImageLayout layout, ulong seenBytes, string message) => Add(
        rule, layout.Size.SizeBytes == seenBytes, VhdStructure.Footer, layout.StoredFooter!.FileOffset + HardDiskFooter.CurrentSizeAt,
        Invariant($"{layout.Size.SizeBytes} bytes"), Invariant($"{seenBytes} bytes"), message);

    /// <summary>The rule of programs that know two block sizes.</summary>
    public void AddBlockSize(FaultCode rule, ImageLayout layout, string message)
    {
        if (layout.Header is { } header)
        {
            Add(
                rule, header.BlockSize is 512 * 1024 or VhdSpec.DefaultBlockSize, VhdStructure.DynamicHeader, (long)layout.Footer.DataOffset
                    + DynamicDiskHeader.BlockSizeAt,
                "524288 or 2097152 bytes", Invariant($"{header.BlockSize} bytes"), message);
        }
    }
}

/// <summary>Whether an image keeps one rule of a target.</summary>
/// <param name="Rule">The fault that breaking it would be.</param>
/// <param name="IsMet">Whether it is met.</param>
/// <param name="Expected">What the rule wants.</param>
/// <param name="Actual">What the image has.</param>
public sealed record RuleVerdict(FaultCode Rule, bool IsMet, string Expected, string Actual);
