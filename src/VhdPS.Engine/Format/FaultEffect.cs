namespace VhdPS.Engine.Format;

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
