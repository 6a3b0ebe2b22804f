using VhdPS.Engine.Format;


namespace VhdPS.Engine.Operations.Compare;

/// <summary>One field or table entry in which two images differ.</summary>
/// <param name="Structure">The part of the images.</param>
/// <param name="Field">The field's name by the specification, or the block of a table entry.</param>
/// <param name="Reference">The value in the reference image; empty where it has no such structure.</param>
/// <param name="Difference">The value in the difference image; empty where it has no such structure.</param>
public sealed record StructureDifference(VhdStructure Structure, string Field, string Reference, string Difference);
