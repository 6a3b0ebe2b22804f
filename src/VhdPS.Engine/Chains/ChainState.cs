namespace VhdPS.Engine.Chains;

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
}
