namespace VhdPS;

/// <summary>The feature bits of a footer.</summary>
[Flags]
public enum VpcFeatures : uint
{
    /// <summary>No bit is set.</summary>
    None = 0,

    /// <summary>A disk that may be deleted on shutdown.</summary>
    Temporary = 1,

    /// <summary>The bit that is always set.</summary>
    Reserved = 2,
}
