using VhdPS.Engine.Partitions.FreeSpace;

namespace VhdPS;

/// <summary>The free space of one partition that counts as zeros, or why it does not.</summary>
public sealed class VpcFreeSpace
{
    internal VpcFreeSpace(PartitionFreeSpace partition)
    {
        Number = partition.Partition.Number;
        FileSystem = partition.FileSystem?.Name ?? string.Empty;
        IsCleared = partition.Verdict == FreeSpaceVerdict.Known;
        Verdict = partition.Verdict.ToString();
        Reason = partition.Reason;
        Size = partition.FreeBytes;
        RangeCount = partition.FreeRangeCount;
    }

    /// <summary>The partition's number.</summary>
    public int Number { get; }

    /// <summary>The file system; empty where none is recognised.</summary>
    public string FileSystem { get; }

    /// <summary>Whether its free clusters count as zeros; if not, the partition is left as it is.</summary>
    public bool IsCleared { get; }

    /// <summary>Known, or the kind of reason why the free space is not.</summary>
    public string Verdict { get; }

    /// <summary>The reason, a sentence; empty where it is known.</summary>
    public string Reason { get; }

    /// <summary>Bytes of the free clusters; 0 where they do not count as zeros.</summary>
    public long Size { get; }

    /// <summary>Ranges of adjacent clusters that these are.</summary>
    public long RangeCount { get; }

    /// <inheritdoc/>
    public override string ToString() => IsCleared
        ? $"partition {Number} ({FileSystem}): {VpcSize.Format(Size)} free in {RangeCount} {(RangeCount == 1 ? "range" : "ranges")}"
        : $"partition {Number}{(FileSystem.Length > 0 ? $" ({FileSystem})" : string.Empty)}: left as it is: {Reason}";
}
