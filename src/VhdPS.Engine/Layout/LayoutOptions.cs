using VhdPS.Engine.Format;


namespace VhdPS.Engine.Layout;

/// <summary>How an image is to be read where its bytes leave a choice.</summary>
public sealed record LayoutOptions
{
    /// <summary>The creator decides the size, and damage is refused.</summary>
    public static readonly LayoutOptions Default = new();

    /// <summary>Which of the two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Read what can be read: wrong checksums and missing fixed data are findings, not refusals.</summary>
    public bool Force { get; init; }
}
