namespace VhdPS.Engine.Format;

/// <summary>Which of a footer's two sizes is the virtual size.</summary>
public enum SizeRule
{
    /// <summary>Let the creator decide: see <see cref="VirtualSize"/>.</summary>
    Auto,

    /// <summary>The current size field.</summary>
    CurrentSize,

    /// <summary>Cylinders x heads x sectors per track.</summary>
    Chs,
}
