using System.Globalization;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations;

/// <summary>What a resize does to one image.</summary>
/// <param name="Path">The file.</param>
/// <param name="VhdType">The kind of image.</param>
/// <param name="OldSizeBytes">The virtual size before.</param>
/// <param name="NewSizeBytes">The virtual size after.</param>
public sealed record ResizePlan(string Path, VhdType VhdType, long OldSizeBytes, long NewSizeBytes)
{
    /// <summary>Length of the file before, in bytes.</summary>
    public long OldFileLength { get; init; }

    /// <summary>Length of the file after, in bytes.</summary>
    public long NewFileLength { get; init; }

    /// <summary>Blocks that move out of the way of the longer table.</summary>
    public int MovedBlockCount { get; init; }

    /// <summary>Whether the table moves behind the data because something that cannot move is in its way.</summary>
    public bool IsTableMoved { get; init; }

    /// <summary>Whether Xen's batmap is given up, which Xen makes up for by looking at the bitmaps.</summary>
    public bool IsBatmapDropped { get; init; }

    /// <summary>Whether the creator becomes <c>win </c>, so that every reader sees the new size.</summary>
    public bool IsCreatorChanged { get; init; }

    /// <summary>The last sector that is not zeros behind the new end and is lost; null where none is.</summary>
    public long? LostSector { get; init; }

    /// <summary>Whether anything in the file has to change.</summary>
    public bool IsChange { get; init; } = true;

    /// <inheritdoc/>
    public override string ToString()
    {
        if (!IsChange)
        {
            return Invariant($"Leave the size at {NewSizeBytes} bytes");
        }

        string what = NewSizeBytes == OldSizeBytes ? Invariant($"Write the size of {NewSizeBytes} bytes anew")
            : NewSizeBytes > OldSizeBytes ? Invariant($"Grow from {OldSizeBytes} to {NewSizeBytes} bytes")
            : Invariant($"Shrink from {OldSizeBytes} to {NewSizeBytes} bytes");
        var details = new List<string>();
        if (MovedBlockCount > 0)
        {
            details.Add(Invariant($"{MovedBlockCount} blocks move out of the way of the table"));
        }

        if (IsTableMoved)
        {
            details.Add("the table moves behind the data");
        }

        if (IsBatmapDropped)
        {
            details.Add("Xen's batmap is dropped");
        }

        if (IsCreatorChanged)
        {
            details.Add($"the creator becomes '{VirtualSize.WindowsCreator}' so that every reader sees the size");
        }

        if (LostSector is { } sector)
        {
            details.Add(Invariant($"data up to sector {sector} is lost"));
        }

        if (NewFileLength != OldFileLength)
        {
            details.Add(Invariant($"the file goes from {OldFileLength} to {NewFileLength} bytes"));
        }

        return details.Count == 0 ? what : $"{what}; {string.Join(", ", details)}";
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
