using System.Buffers.Binary;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// The 4096 bytes of a log that hold what a sector of the file becomes, but for its first eight and its last four bytes,
/// which are in the descriptor. Source: MS-VHDX, "Log Entry".
/// </summary>
internal static class LogDataSector
{
    private const int SequenceHighAt = 4;
    private const int SequenceLowAt = VhdxSpec.LogSectorSize - 4;

    /// <summary>Whether a sector of the log begins with "data".</summary>
    public static bool HasSignature(ReadOnlySpan<byte> sector) => sector.StartsWith(VhdxSpec.DataSectorSignature);

    /// <summary>The number of the entry that the sector is of.</summary>
    public static ulong SequenceNumber(ReadOnlySpan<byte> sector) =>
        ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(sector[SequenceHighAt..]) << 32)
        | BinaryPrimitives.ReadUInt32LittleEndian(sector[SequenceLowAt..]);

    /// <summary>Turns a sector of the log into the sector of the file.</summary>
    public static void Restore(Span<byte> sector, ulong leadingBytes, uint trailingBytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(sector, leadingBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[SequenceLowAt..], trailingBytes);
    }
}
