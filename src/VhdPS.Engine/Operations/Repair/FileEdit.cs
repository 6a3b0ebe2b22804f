namespace VhdPS.Engine.Operations.Repair;

/// <summary>One change of a file, with what it replaces.</summary>
/// <param name="FileOffset">Where, in bytes; where nothing new is written, the length that the file is cut to.</param>
/// <param name="OldBytes">What the file held there; shorter than the new bytes where the file ended.</param>
/// <param name="NewBytes">What it is to hold; empty for a cut.</param>
public sealed record FileEdit(long FileOffset, ReadOnlyMemory<byte> OldBytes, ReadOnlyMemory<byte> NewBytes)
{
    /// <summary>Whether it takes the end of the file off.</summary>
    public bool IsCut => NewBytes.IsEmpty;

    /// <summary>The length that a file of <paramref name="length"/> bytes has afterwards.</summary>
    public long LengthAfter(long length) => IsCut ? FileOffset : Math.Max(length, FileOffset + NewBytes.Length);
}
