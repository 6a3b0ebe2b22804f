using System.Globalization;

namespace VhdPS.Engine.Partitions;

/// <summary>Takes findings and lists no more than a limit of each code, so that a table of bad entries takes little memory.</summary>
internal sealed class PartitionFindingLog
{
    private const int Limit = 20;

    private readonly List<PartitionFinding> _listed = [];
    private readonly Dictionary<PartitionFault, long> _counts = [];

    /// <summary>Whether a fault was seen.</summary>
    public bool Has(PartitionFault code) => _counts.ContainsKey(code);

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
        long count = _counts[code] = _counts.GetValueOrDefault(code) + 1;
        if (count <= Limit)
        {
            _listed.Add(new PartitionFinding(
                code, structure, diskOffset, expected.ToString(CultureInfo.InvariantCulture), actual.ToString(CultureInfo.InvariantCulture),
                message.ToString(CultureInfo.InvariantCulture)) { PartitionNumber = partitionNumber });
        }
    }

    /// <summary>Takes the findings of another log's list.</summary>
    public void AddRange(IEnumerable<PartitionFinding> findings)
    {
        foreach (PartitionFinding finding in findings)
        {
            _counts[finding.Code] = _counts.GetValueOrDefault(finding.Code) + 1;
            _listed.Add(finding);
        }
    }

    /// <summary>The listed findings, and one after them for each code that has more.</summary>
    public IReadOnlyList<PartitionFinding> Close()
    {
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
}
