using VhdPS.Engine.Chains;

namespace VhdPS.Engine.Operations.Optimize;

/// <summary>What is to be made smaller, and how.</summary>
/// <param name="Path">The image.</param>
public sealed record OptimizeOptions(string Path)
{
    /// <summary>How blocks that hold nothing are found.</summary>
    public OptimizeMode Mode { get; init; }

    /// <summary>Only what would come of it: the image is opened for reading and nothing is written.</summary>
    public bool EstimateOnly { get; init; }

    /// <summary>Go on although a machine's state is saved or room seems short.</summary>
    public bool Force { get; init; }

    /// <summary>Put the new file on the medium before it takes its place.</summary>
    public bool Sync { get; init; } = true;

    /// <summary>Where the parents of a differencing image may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;
}

/// <summary>How blocks that hold nothing are found.</summary>
public enum OptimizeMode
{
    /// <summary>The data is read: blocks of zeros go, in a child also those that hold what the parent holds.</summary>
    Full,

    /// <summary>Bitmaps and holes of the file are trusted; stored zeros stay.</summary>
    Quick,
}
