namespace VhdPS.Engine.Images;

/// <summary>Bytes and where they are to lie in a file.</summary>
/// <param name="FileOffset">Bytes from the start of the file.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record FileSegment(long FileOffset, byte[] Bytes)
{
    /// <summary>The first byte behind them.</summary>
    public long End => FileOffset + Bytes.Length;
}
