namespace VhdPS.Engine.Format;

/// <summary>The disk types of the specification that are in use; other values are kept as numbers.</summary>
public enum VhdType
{
    /// <summary>No disk; never valid in a file.</summary>
    None = 0,

    /// <summary>All data in place, footer at the end.</summary>
    Fixed = 2,

    /// <summary>Blocks allocated when they are first written.</summary>
    Dynamic = 3,

    /// <summary>Holds what differs from a parent image.</summary>
    Differencing = 4,
}
