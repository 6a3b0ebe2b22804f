namespace VhdPS.Engine.Vhdx;

/// <summary>Where adjacent bytes of a disk come from.</summary>
internal enum VhdxOrigin
{
    /// <summary>Nowhere: they read as zeros.</summary>
    Zero,

    /// <summary>This file.</summary>
    File,

    /// <summary>The parent, at the same offset.</summary>
    Parent,
}

/// <summary>Adjacent bytes of a disk that come from one place.</summary>
/// <param name="Offset">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="Origin">Where they come from.</param>
/// <param name="FileOffset">Bytes from the start of the file; -1 where they are not in it.</param>
internal readonly record struct VhdxRun(long Offset, long Length, VhdxOrigin Origin, long FileOffset)
{
    /// <summary>The first byte after it.</summary>
    public long End => Offset + Length;
}
