using static System.FormattableString;

namespace VhdPS.Engine.Format;

/// <summary>One observed fault: what, where, what was expected and what was found. Its texts are printable.</summary>
/// <param name="Code">The violated fact.</param>
/// <param name="Structure">The part of the image.</param>
/// <param name="FileOffset">Bytes from the start of the file to the field or place, where there is one.</param>
/// <param name="Expected">The value that would be right, human-readable; empty where none can be named.</param>
/// <param name="Actual">The value found, human-readable.</param>
/// <param name="Message">A sentence without the file's name.</param>
public sealed record Finding(
    FaultCode Code, VhdStructure Structure, long? FileOffset, string Expected, string Actual, string Message)
{
    /// <inheritdoc cref="Finding" path="/param[@name='Expected']"/>
    public string Expected { get; init; } = PrintableText.Escape(Expected);

    /// <inheritdoc cref="Finding" path="/param[@name='Actual']"/>
    public string Actual { get; init; } = PrintableText.Escape(Actual);

    /// <inheritdoc cref="Finding" path="/param[@name='Message']"/>
    public string Message { get; init; } = PrintableText.Escape(Message);

    /// <summary>How much it matters; the catalogue's unless the place of the finding says otherwise.</summary>
    public Severity Severity { get; init; } = FaultCatalog.Of(Code).Severity;

    /// <summary>What it keeps the engine from doing.</summary>
    public FaultEffect Effect { get; init; } = FaultCatalog.Of(Code).Effect;

    /// <summary>Whether repair can correct it from evidence in the file.</summary>
    public bool IsRepairable { get; init; } = FaultCatalog.Of(Code).IsRepairable;

    /// <summary>Whether repair corrects it only where it may rebuild the table.</summary>
    public bool NeedsRebuild { get; init; }

    /// <summary>The block that it is about, where there is one.</summary>
    public long? BlockIndex { get; init; }

    /// <summary>Adjacent blocks that it is about, from <see cref="BlockIndex"/> on; 1 where it is about one block or none.</summary>
    public long BlockCount { get; init; } = 1;

    /// <summary>Message, place, found and expected value in one line.</summary>
    public string Describe()
    {
        string place = FileOffset is { } offset
            ? Invariant($"{Structure} at offset {offset}")
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

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is wrong with the data.</summary>
    Note,

    /// <summary>Departs from the specification; data can be read.</summary>
    Warning,

    /// <summary>Data is lost, doubtful or not reachable.</summary>
    Error,
}

/// <summary>What a fault keeps the engine from doing.</summary>
public enum FaultEffect
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Reading the block that it names.</summary>
    BlockUnreadable,

    /// <summary>Opening for writing.</summary>
    ReadOnly,

    /// <summary>Opening, unless the caller forces it.</summary>
    UnreadableUnlessForced,

    /// <summary>Opening.</summary>
    Unreadable,
}
