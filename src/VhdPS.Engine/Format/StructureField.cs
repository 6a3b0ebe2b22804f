namespace VhdPS.Engine.Format;

/// <summary>One field of a structure.</summary>
/// <param name="Name">The specification's name.</param>
/// <param name="Offset">Bytes from the start of the structure.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Text">The value, for people.</param>
public sealed record StructureField(string Name, int Offset, int Length, string Text);
