using System.Buffers.Binary;

namespace VhdPS.Engine.Nbd;

/// <summary>The header of a request.</summary>
/// <param name="Flags">How it is to be carried out.</param>
/// <param name="Command">What is asked for.</param>
/// <param name="Cookie">The client's number for it, which the reply repeats.</param>
/// <param name="Offset">Bytes from the start of the export.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct Request(CommandFlags Flags, Command Command, ulong Cookie, ulong Offset, uint Length)
{
    private const int FlagsAt = 4;
    private const int CommandAt = 6;
    private const int CookieAt = 8;
    private const int OffsetAt = 16;
    private const int LengthAt = 24;

    /// <summary>Bytes of data that follow the header.</summary>
    public uint PayloadLength => Command == Command.Write ? Length : 0;

    /// <summary>Decodes a header; false where its magic is not a request's.</summary>
    public static bool TryParse(ReadOnlySpan<byte> header, out Request request)
    {
        request = new Request(
            (CommandFlags)BinaryPrimitives.ReadUInt16BigEndian(header[FlagsAt..]),
            (Command)BinaryPrimitives.ReadUInt16BigEndian(header[CommandAt..]),
            BinaryPrimitives.ReadUInt64BigEndian(header[CookieAt..]),
            BinaryPrimitives.ReadUInt64BigEndian(header[OffsetAt..]),
            BinaryPrimitives.ReadUInt32BigEndian(header[LengthAt..]));
        return BinaryPrimitives.ReadUInt32BigEndian(header) == NbdSpec.RequestMagic;
    }

    /// <summary>Encodes the header.</summary>
    public void Write(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdSpec.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[FlagsAt..], (ushort)Flags);
        BinaryPrimitives.WriteUInt16BigEndian(header[CommandAt..], (ushort)Command);
        BinaryPrimitives.WriteUInt64BigEndian(header[CookieAt..], Cookie);
        BinaryPrimitives.WriteUInt64BigEndian(header[OffsetAt..], Offset);
        BinaryPrimitives.WriteUInt32BigEndian(header[LengthAt..], Length);
    }
}
