using System.Runtime.InteropServices;
using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>Takes findings, lists no more than a limit of each code and counts all, so that a million bad entries take little
/// memory.</summary>
internal sealed class FindingLog(int limit)
{
    private readonly List<Finding> _listed = [];
    private readonly Dictionary<FaultCode, long> _counts = [];
    private readonly long[] _bySeverity = new long[3];

    /// <summary>Findings of a severity, the unlisted ones included.</summary>
    public long Count(Severity severity) => _bySeverity[(int)severity];

    /// <summary>Whether a code's list is full, so that <see cref="CountOnly"/> does.</summary>
    public bool IsFull(FaultCode code) => _counts.GetValueOrDefault(code) >= limit;

    /// <summary>Takes a finding.</summary>
    public void Add(Finding finding)
    {
        if (++CollectionsMarshal.GetValueRefOrAddDefault(_counts, finding.Code, out _) <= limit)
        {
            _listed.Add(finding);
        }

        _bySeverity[(int)finding.Severity]++;
    }

    /// <summary>Counts a finding of a code whose list is full.</summary>
    public void CountOnly(FaultCode code)
    {
        _counts[code]++;
        _bySeverity[(int)FaultCatalog.Of(code).Severity]++;
    }

    /// <summary>The listed findings, and one after them for each code that has more.</summary>
    public IReadOnlyList<Finding> Close()
    {
        foreach ((FaultCode code, long count) in _counts.Where(pair => pair.Value > limit))
        {
            Finding last = _listed.FindLast(finding => finding.Code == code)!;
            _listed.Add(last with
            {
                FileOffset = null,
                BlockIndex = null,
                Expected = string.Empty,
                Actual = Invariant($"{count} in all"),
                Message = Invariant($"{count - limit} more findings of this kind are not listed."),
            });
        }

        return _listed;
    }
}
