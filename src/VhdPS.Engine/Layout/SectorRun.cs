namespace VhdPS.Engine.Layout;

/// <summary>Where the sectors of a run come from.</summary>
public enum SectorOrigin
{
    /// <summary>Nowhere: they read as zeros.</summary>
    Zero,

    /// <summary>This file.</summary>
    File,

    /// <summary>The parent, at the same sectors.</summary>
    Parent,
}

/// <summary>Adjacent virtual sectors that come from one place.</summary>
/// <param name="Sector">The first virtual sector.</param>
/// <param name="Count">Sectors, at least 1.</param>
/// <param name="Origin">Where they come from.</param>
/// <param name="FileOffset">Bytes from the start of the file; -1 where they are not in it.</param>
public readonly record struct SectorRun(long Sector, long Count, SectorOrigin Origin, long FileOffset);
