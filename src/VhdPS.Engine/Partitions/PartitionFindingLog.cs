using System.Globalization;
using System.Runtime.InteropServices;

namespace VhdPS.Engine.Partitions;

/// <summary>Takes findings and lists no more than a limit of each code, so that a table of bad entries takes little memory.</summary>
internal sealed class PartitionFindingLog
{
    private const int Limit = 20;

    // Most tables have no finding, and a batch reads thousands of them.
    private List<PartitionFinding>? _listed;
    private Dictionary<PartitionFault, long>? _counts;

    /// <summary>Takes a finding; the message is not made where it would not be listed.</summary>
    public void Add(
        PartitionFault code,
        PartitionStructure structure,
        long? diskOffset,
        FormattableString expected,
        FormattableString actual,
        FormattableString message,
        int? partitionNumber = null)
    {
        if (Count(code) <= Limit)
        {
            _listed!.Add(new PartitionFinding(
                code, structure, diskOffset, expected.ToString(CultureInfo.InvariantCulture), actual.ToString(CultureInfo.InvariantCulture),
                message.ToString(CultureInfo.InvariantCulture))
            { PartitionNumber = partitionNumber });
        }
    }

    /// <summary>Takes the findings of another log's list.</summary>
    public void AddRange(IReadOnlyList<PartitionFinding> findings)
    {
        for (int i = 0; i < findings.Count; i++)
        {
            Count(findings[i].Code);
            _listed!.Add(findings[i]);
        }
    }

    /// <summary>The listed findings, and one after them for each code that has more.</summary>
    public IReadOnlyList<PartitionFinding> Close()
    {
        if (_counts is null || _listed is null)
        {
            return [];
        }

        foreach ((PartitionFault code, long count) in _counts.Where(pair => pair.Value > Limit))
        {
            PartitionFinding last = _listed.FindLast(finding => finding.Code == code)!;
            _listed.Add(last with
            {
                DiskOffset = null,
                PartitionNumber = null,
                Expected = string.Empty,
                Actual = string.Create(CultureInfo.InvariantCulture, $"{count} in all"),
                Message = string.Create(CultureInfo.InvariantCulture, $"{count - Limit} more findings of this kind are not listed."),
            });
        }

        return _listed;
    }

    private long Count(PartitionFault code)
    {
        _listed ??= [];
        _counts ??= [];
        return ++CollectionsMarshal.GetValueRefOrAddDefault(_counts, code, out _);
    }
}
