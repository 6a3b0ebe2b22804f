using VhdPS.Engine.Format;


namespace VhdPS.Engine.Vhdx;

/// <summary>A part of the file that a structure other than a block takes.</summary>
/// <param name="Structure">Which.</param>
/// <param name="FileOffset">Bytes from the start of the file.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct VhdxExtent(VhdStructure Structure, long FileOffset, long Length)
{
    /// <summary>The first byte after it.</summary>
    public long End => FileOffset + Length;
}
