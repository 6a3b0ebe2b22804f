using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Compare;


namespace VhdPS;

/// <summary>A field in which the structures of two images differ.</summary>
public sealed class VpcStructureDifference
{
    internal VpcStructureDifference(string referencePath, string differencePath, StructureDifference difference)
    {
        ReferencePath = referencePath;
        DifferencePath = differencePath;
        Structure = difference.Structure;
        Field = difference.Field;
        Reference = difference.Reference;
        Difference = difference.Difference;
    }

    /// <summary>The part of the images.</summary>
    public VhdStructure Structure { get; }

    /// <summary>The field's name by the specification, or the block of a table entry, or the blocks that only one table has.</summary>
    public string Field { get; }

    /// <summary>The value in the image compared with; empty where it has no such structure.</summary>
    public string Reference { get; }

    /// <summary>The value in the image compared; empty where it has no such structure.</summary>
    public string Difference { get; }

    /// <summary>The file compared with.</summary>
    public string ReferencePath { get; }

    /// <summary>The file compared.</summary>
    public string DifferencePath { get; }

    /// <inheritdoc/>
    public override string ToString() => PrintableText.Escape($"{Structure} {Field}: {Reference} / {Difference}");
}
