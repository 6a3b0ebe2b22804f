using VhdPS.Engine.Format;


namespace VhdPS.Engine.Vhdx;

/// <summary>What a check found in one VHDX file.</summary>
internal sealed record VhdxCheckReport
{
    /// <summary>Where everything lies, as far as it could be read.</summary>
    public required VhdxLayout Layout { get; init; }

    /// <summary>The findings; of one code no more than the limit, and after them one that says how many there are.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Findings of severity Error, the unlisted ones included.</summary>
    public required long ErrorCount { get; init; }

    /// <summary>Findings of severity Warning, the unlisted ones included.</summary>
    public required long WarningCount { get; init; }

    /// <summary>Findings of severity Note, the unlisted ones included.</summary>
    public required long NoteCount { get; init; }

    /// <summary>Payload blocks that are in the file, partially present ones included; 0 where the table cannot be read.</summary>
    public required long AllocatedBlockCount { get; init; }

    /// <summary>Bytes of the file that belong to no structure and no block; 0 where the table cannot be read.</summary>
    public required long UnusedBytes { get; init; }

    /// <summary>Whether no finding is an error.</summary>
    public bool IsValid => ErrorCount == 0;
}
