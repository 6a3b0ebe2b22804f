using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Checking;

/// <summary>What a check looks at.</summary>
public sealed record CheckOptions
{
    /// <summary>Whose rules are judged besides the format's.</summary>
    public CheckTarget Target { get; init; }

    /// <summary>Whether bitmaps are read, and the data under their clear bits.</summary>
    public bool Full { get; init; }

    /// <summary>The time that counts as now for time stamps, UTC; null leaves them alone.</summary>
    public DateTime? Now { get; init; }

    /// <summary>Which of the two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>The most findings of one code that are listed; the others are counted.</summary>
    public int FindingLimit { get; init; } = 1000;

    /// <summary>Where the parents of a differencing image may be; null leaves the chain alone.</summary>
    public ParentPolicy? Parents { get; init; }
}

/// <summary>The program or service that an image is to be fit for.</summary>
public enum CheckTarget
{
    /// <summary>None in particular: only what the specification and the data ask for.</summary>
    Any,

    /// <summary>Upload to Azure as a managed disk or page blob.</summary>
    Azure,

    /// <summary>Hyper-V.</summary>
    HyperV,

    /// <summary>Virtual PC and Virtual Server.</summary>
    VirtualPC,
}
