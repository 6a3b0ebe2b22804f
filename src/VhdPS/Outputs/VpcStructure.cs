using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>A table, a bitmap or a parent locator of an image: where it lies and what it says.</summary>
public sealed class VpcStructure : VpcObject
{
    internal VpcStructure(string path, VhdStructure structure, long fileOffset, long length, string text)
        : base(path)
    {
        Structure = structure;
        FileOffset = fileOffset;
        Length = length;
        Text = text;
    }

    /// <summary>The part of the image.</summary>
    public VhdStructure Structure { get; }

    /// <summary>The block of a bitmap, or the number of a locator from 0 to 7; null for others.</summary>
    public int? Index { get; init; }

    /// <summary>The platform code of a locator, such as W2ku; null for others.</summary>
    public string? Code { get; init; }

    /// <summary>Bytes from the start of the file; of a locator to its path.</summary>
    public long FileOffset { get; }

    /// <summary>Bytes of it; of a locator of its path.</summary>
    public long Length { get; }

    /// <summary>What it says: of a locator the path, of a table and a bitmap the counts; as it is.</summary>
    public string Text { get; }

    /// <inheritdoc/>
    public override string ToString() => PrintableText.Escape(
        Index is null ? $"{Structure}: {Text}" : $"{Structure} {Index}: {Text}");
}
