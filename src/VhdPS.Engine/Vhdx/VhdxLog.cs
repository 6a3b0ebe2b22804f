namespace VhdPS.Engine.Vhdx;

/// <summary>Whether changes wait in the log of a file.</summary>
public enum VhdxLogState
{
    /// <summary>None wait.</summary>
    Clean,

    /// <summary>Changes wait, and reads see them.</summary>
    Dirty,

    /// <summary>The header says that changes wait, and they cannot be had.</summary>
    Invalid,
}

/// <summary>The log of a file, and what its changes would make of the file.</summary>
internal sealed record VhdxLog
{
    /// <summary>Whether changes wait.</summary>
    public required VhdxLogState State { get; init; }

    /// <summary>Where the log lies; null where the header names no place of the file for it.</summary>
    public LogRegion? Region { get; init; }

    /// <summary>Entries whose changes wait.</summary>
    public int EntryCount { get; init; }

    /// <summary>The number of the newest entry; 0 where none waits.</summary>
    public ulong SequenceNumber { get; init; }

    /// <summary>Bytes of the file when the changes have been written into it; 0 where none wait.</summary>
    public long ReplayedLength { get; init; }

    /// <summary>The changes; null where none wait.</summary>
    public LogOverlay? Overlay { get; init; }
}
