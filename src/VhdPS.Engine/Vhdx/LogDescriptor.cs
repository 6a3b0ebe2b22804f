using System.Buffers.Binary;

namespace VhdPS.Engine.Vhdx;

/// <summary>What a log entry changes in the file: one sector of 4096 bytes, or a range of zeros. Source: MS-VHDX, "Log Entry".</summary>
/// <param name="IsZero">Whether it is a range of zeros.</param>
/// <param name="FileOffset">Bytes from the start of the file to the first that is changed.</param>
/// <param name="Length">Bytes that are changed.</param>
/// <param name="SequenceNumber">That of the entry.</param>
/// <param name="LeadingBytes">The first eight bytes of the sector, which its data sector has no room for.</param>
/// <param name="TrailingBytes">The last four bytes of the sector.</param>
internal readonly record struct LogDescriptor(
    bool IsZero, ulong FileOffset, ulong Length, ulong SequenceNumber, ulong LeadingBytes, uint TrailingBytes)
{
    /// <summary>Bytes of a descriptor.</summary>
    public const int Size = 32;

    private const int TrailingBytesAt = 4;
    private const int LeadingBytesOrLengthAt = 8;
    private const int FileOffsetAt = 16;
    private const int SequenceNumberAt = 24;

    /// <summary>Decodes 32 bytes; false where they begin with neither "desc" nor "zero".</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out LogDescriptor descriptor)
    {
        bool isZero = source.StartsWith(VhdxSpec.ZeroDescriptorSignature);
        if (!isZero && !source.StartsWith(VhdxSpec.DataDescriptorSignature))
        {
            descriptor = default;
            return false;
        }

        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(source[LeadingBytesOrLengthAt..]);
        descriptor = new LogDescriptor(
            isZero,
            BinaryPrimitives.ReadUInt64LittleEndian(source[FileOffsetAt..]),
            isZero ? word : VhdxSpec.LogSectorSize,
            BinaryPrimitives.ReadUInt64LittleEndian(source[SequenceNumberAt..]),
            isZero ? 0 : word,
            isZero ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(source[TrailingBytesAt..]));
        return true;
    }
}
