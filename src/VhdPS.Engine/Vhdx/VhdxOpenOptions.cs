namespace VhdPS.Engine.Vhdx;

/// <summary>How a VHDX file is opened.</summary>
internal sealed record VhdxOpenOptions
{
    /// <summary>No parent, and damage is refused.</summary>
    public static readonly VhdxOpenOptions Default = new();

    /// <summary>Whether what can be read is read: with both headers or region tables damaged, or a log that cannot be replayed.</summary>
    public bool Force { get; init; }

    /// <summary>The parent of a differencing image; null where none is known, and sectors of the parent cannot be read.</summary>
    public IVhdxParent? Parent { get; init; }
}
