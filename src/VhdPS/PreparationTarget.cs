namespace VhdPS;

/// <summary>A place with rules of its own for images.</summary>
public enum PreparationTarget
{
    /// <summary>Azure: fixed, a whole number of MiB.</summary>
    Azure,
}
