using System.Globalization;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Partitions;

/// <summary>One observed fault of a partition table or of a file system's first structures.</summary>
/// <param name="Code">The violated fact.</param>
/// <param name="Structure">The part of the disk.</param>
/// <param name="DiskOffset">Bytes from the start of the disk to the field or place, where there is one.</param>
/// <param name="Expected">The value that would be right, for people; empty where none can be named.</param>
/// <param name="Actual">The value found, for people.</param>
/// <param name="Message">A sentence.</param>
public sealed record PartitionFinding(
    PartitionFault Code, PartitionStructure Structure, long? DiskOffset, string Expected, string Actual, string Message)
{
    /// <inheritdoc cref="PartitionFinding" path="/param[@name='Expected']"/>
    public string Expected { get; init; } = PrintableText.Escape(Expected);

    /// <inheritdoc cref="PartitionFinding" path="/param[@name='Actual']"/>
    public string Actual { get; init; } = PrintableText.Escape(Actual);

    /// <inheritdoc cref="PartitionFinding" path="/param[@name='Message']"/>
    public string Message { get; init; } = PrintableText.Escape(Message);

    /// <summary>How much it matters.</summary>
    public Severity Severity { get; init; } = PartitionFaultFacts.SeverityOf(Code);

    /// <summary>The partition that it is about, where there is one.</summary>
    public int? PartitionNumber { get; init; }

    /// <summary>Message, place, found and expected value in one line.</summary>
    public string Describe()
    {
        string place = DiskOffset is { } offset
            ? string.Create(CultureInfo.InvariantCulture, $"{Structure} at offset {offset} of the disk")
            : Structure.ToString();
        string values = (Expected.Length, Actual.Length) switch
        {
            (0, 0) => string.Empty,
            (0, _) => $" Found {Actual}.",
            (_, 0) => $" Expected {Expected}.",
            _ => $" Found {Actual}, expected {Expected}.",
        };
        return $"{place}: {Message}{values}";
    }
}
