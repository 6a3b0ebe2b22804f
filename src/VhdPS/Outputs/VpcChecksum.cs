namespace VhdPS;

/// <summary>The checksum of one structure.</summary>
/// <param name="FileOffset">Bytes from the start of the file to the structure.</param>
/// <param name="Stored">The checksum in the file.</param>
/// <param name="Computed">The checksum of the bytes as stored.</param>
public sealed record VpcChecksum(long FileOffset, uint Stored, uint Computed)
{
    /// <summary>Whether the two are equal.</summary>
    public bool IsValid => Stored == Computed;

    /// <inheritdoc/>
    public override string ToString() => IsValid ? $"0x{Stored:X8} valid" : $"0x{Stored:X8} wrong (0x{Computed:X8})";
}
