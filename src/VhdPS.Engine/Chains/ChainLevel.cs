using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Chains;

/// <summary>What is known about one level of a chain without opening it as a disk.</summary>
/// <param name="Depth">0 for the image itself, 1 for its parent, and so on.</param>
/// <param name="Path">The file; for a parent that was not found or not followed the path that the child stores.</param>
/// <param name="State">How it was found.</param>
/// <param name="IsRaw">Whether it is taken for a raw disk.</param>
/// <param name="Problem">What is wrong, human-readable; empty where nothing is.</param>
/// <param name="Finding">What is wrong; null where nothing is, or where the file could not be opened.</param>
/// <param name="Tried">Paths that were tried in vain before it, and why.</param>
public sealed record ChainLevel(
    int Depth, string Path, ChainState State, bool IsRaw, string Problem, Finding? Finding, IReadOnlyList<TriedPath> Tried)
{
    /// <summary>What the image says of itself and its parent; null where it could not be read, and for a raw disk.</summary>
    internal ChainImage? Image { get; init; }

    /// <summary>Its layout; null where it could not be read, and for a raw disk or a VHDX.</summary>
    internal ImageLayout? Layout => Image?.Vhd;

    /// <summary>Bytes of a raw disk that was asked about as such; null elsewhere.</summary>
    internal long? RawSizeBytes { get; init; }

    /// <summary>What kept the file from being opened; null where <see cref="Finding"/> says what is wrong.</summary>
    public Exception? Error { get; init; }

    /// <summary>That the file's time is another than the one that the child stores; null where they agree or none is stored.</summary>
    public Finding? TimeStampNote { get; init; }

    /// <summary>Other images of the forest with the same unique id.</summary>
    public IReadOnlyList<string> SameIdPaths { get; init; } = [];
}

/// <summary>How a level of a chain was found.</summary>
public enum ChainState
{
    /// <summary>Found, proven by its unique id, and readable.</summary>
    Ok,

    /// <summary>No file was found for it, or the child stores no id to prove one by.</summary>
    Missing,

    /// <summary>The file found has another unique id than the child stores.</summary>
    IdMismatch,

    /// <summary>The file is in the chain already.</summary>
    Cycle,

    /// <summary>The file is no image that can be read.</summary>
    Damaged,

    /// <summary>The file is open for writing elsewhere, or may not be read.</summary>
    Inaccessible,

    /// <summary>The level is deeper than chains are followed.</summary>
    TooDeep,

    /// <summary>A file is where the child says, outside the folders in which parents are looked for; it was not opened.</summary>
    NotFollowed,
}
