using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Checking;

/// <summary>What a check looks at.</summary>
public sealed record CheckOptions
{
    /// <summary>Whose rules are judged besides the format's.</summary>
    public CheckTarget Target { get; init; }

    /// <summary>Whether bitmaps are read, and the data under their clear bits.</summary>
    public bool Full { get; init; }

    /// <summary>Whether the partition table of the disk is judged, in a differencing image through its parents.</summary>
    public bool PartitionTable { get; init; }

    /// <summary>The time that counts as now for time stamps, UTC; null leaves them alone.</summary>
    public DateTime? Now { get; init; }

    /// <summary>Which of the two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>The most findings of one code that are listed, a run of adjacent blocks being one; the others are counted.</summary>
    public int FindingLimit { get; init; } = 100;

    /// <summary>Holds the reading of disks back; null for as fast as can be.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Where the parents of a differencing image may be; null leaves the chain alone.</summary>
    public ParentPolicy? Parents { get; init; }
}

/// <summary>The program or service that an image is to be fit for.</summary>
public enum CheckTarget
{
    /// <summary>None in particular: only what the specification and the data ask for.</summary>
    Any,

    /// <summary>Upload to Azure as a managed disk or page blob.</summary>
    Azure,

    /// <summary>Hyper-V.</summary>
    HyperV,

    /// <summary>Virtual PC and Virtual Server.</summary>
    VirtualPC,
}

/// <summary>What a check found in one file.</summary>
public sealed record CheckReport
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Whose rules were judged besides the format's.</summary>
    public required CheckTarget Target { get; init; }

    /// <summary>The findings; of one code no more than the limit, and after them one that says how many there are.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Findings of severity Error, the unlisted ones included.</summary>
    public required long ErrorCount { get; init; }

    /// <summary>Findings of severity Warning, the unlisted ones included.</summary>
    public required long WarningCount { get; init; }

    /// <summary>Findings of severity Note, the unlisted ones included.</summary>
    public required long NoteCount { get; init; }

    /// <summary>The target's rules, kept or not.</summary>
    public required IReadOnlyList<RuleVerdict> Verdicts { get; init; }

    /// <summary>The virtual size that each known reader sees; empty where there is no footer to go by.</summary>
    public required IReadOnlyList<ReaderSize> ReaderSizes { get; init; }

    /// <summary>Where everything lies; null where the file is too small to hold anything.</summary>
    internal ImageLayout? Layout { get; init; }

    /// <summary>Bytes of the file that belong to nothing; 0 where the table cannot be read.</summary>
    public required long LeakedBytes { get; init; }

    /// <summary>Whether no finding is an error.</summary>
    public bool IsValid => ErrorCount == 0;
}
