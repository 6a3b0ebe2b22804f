using System.Runtime.InteropServices;
using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>
/// Takes findings, lists no more than a limit of each code and counts all, so that a million bad entries take little memory. One about
/// a run of blocks counts as so many.
/// </summary>
internal sealed class FindingLog(int limit)
{
    private readonly List<Finding> _listed = [];
    private readonly Dictionary<FaultCode, int> _listedCounts = [];
    private readonly Dictionary<FaultCode, long> _counts = [];
    private readonly Dictionary<FaultCode, long> _unlistedCounts = [];
    private readonly long[] _bySeverity = new long[3];

    /// <summary>Findings of a severity, the unlisted ones included.</summary>
    public long Count(Severity severity) => _bySeverity[(int)severity];

    /// <summary>Whether a code's list is full, so that <see cref="CountOnly"/> does.</summary>
    public bool IsFull(FaultCode code) => _listedCounts.GetValueOrDefault(code) >= limit;

    /// <summary>Takes a finding.</summary>
    public void Add(Finding finding)
    {
        if (IsFull(finding.Code))
        {
            Count(finding.Code, finding.Severity, finding.BlockCount, isListed: false);
            return;
        }

        CollectionsMarshal.GetValueRefOrAddDefault(_listedCounts, finding.Code, out _)++;
        _listed.Add(finding);
        Count(finding.Code, finding.Severity, finding.BlockCount, isListed: true);
    }

    /// <summary>Counts findings of a code whose list is full.</summary>
    public void CountOnly(FaultCode code, long count = 1) => Count(code, FaultCatalog.Of(code).Severity, count, isListed: false);

    /// <summary>The listed findings, and one after them for each code that has more.</summary>
    public IReadOnlyList<Finding> Close()
    {
        foreach ((FaultCode code, long unlisted) in _unlistedCounts)
        {
            Finding last = _listed.FindLast(finding => finding.Code == code)!;
            _listed.Add(last with
            {
                FileOffset = null,
                BlockIndex = null,
                BlockCount = 1,
                Expected = string.Empty,
                Actual = Invariant($"{_counts[code]} in all"),
                Message = Invariant($"{unlisted} more findings of this kind are not listed."),
            });
        }

        return _listed;
    }

    private void Count(FaultCode code, Severity severity, long count, bool isListed)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, code, out _) += count;
        _bySeverity[(int)severity] += count;
        if (!isListed)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_unlistedCounts, code, out _) += count;
        }
    }
}
