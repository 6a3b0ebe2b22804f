using VhdPS.Engine.Format;


namespace VhdPS.Engine.Layout;

/// <summary>A part of the file that a structure other than a block takes.</summary>
/// <param name="Structure">Which.</param>
/// <param name="FileOffset">Bytes from the start of the file.</param>
/// <param name="Length">Bytes that it may use: new blocks stay out of them.</param>
public readonly record struct StructureExtent(VhdStructure Structure, long FileOffset, long Length)
{
    /// <summary>Bytes that it does use: no block may share them. The rest is room that a file may claim in error.</summary>
    public long UsedLength { get; init; } = Length;

    /// <summary>The first byte behind it.</summary>
    public long End => FileOffset + Length;
}
