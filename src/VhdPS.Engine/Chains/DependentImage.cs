namespace VhdPS.Engine.Chains;

/// <summary>An image that depends on another one, or a file that may.</summary>
/// <param name="Path">The full path.</param>
/// <param name="Problem">Why the file could not be opened; null where it was read and names the parent.</param>
public sealed record DependentImage(string Path, string? Problem);
