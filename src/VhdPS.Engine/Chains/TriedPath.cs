namespace VhdPS.Engine.Chains;

/// <summary>A path that was looked at for a parent, and why it was not taken.</summary>
/// <param name="Path">The full path, or the stored text where it was not turned into one.</param>
/// <param name="Reason">Why not, for people.</param>
public sealed record TriedPath(string Path, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path} ({Reason})";
}
