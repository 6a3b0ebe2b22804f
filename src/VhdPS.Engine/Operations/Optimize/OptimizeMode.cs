namespace VhdPS.Engine.Operations.Optimize;

/// <summary>How blocks that hold nothing are found.</summary>
public enum OptimizeMode
{
    /// <summary>The data is read: blocks of zeros go, in a child also those that hold what the parent holds.</summary>
    Full,

    /// <summary>Bitmaps and holes of the file are trusted; stored zeros stay.</summary>
    Quick,
}
