using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Checking;

/// <summary>What a check found in one file.</summary>
public sealed record CheckReport
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Whose rules were judged besides the format's.</summary>
    public required CheckTarget Target { get; init; }

    /// <summary>The findings; of one code no more than the limit, and behind them one that tells how many there are.</summary>
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
    public required ImageLayout? Layout { get; init; }

    /// <summary>Bytes of the file that belong to nothing; 0 where the table cannot be read.</summary>
    public required long LeakedBytes { get; init; }

    /// <summary>Whether no finding is an error.</summary>
    public bool IsValid => ErrorCount == 0;
}
