using System.Buffers.Binary;

namespace VhdPS.Engine.Nbd;

/// <summary>The header of a simple reply, or of a chunk of a structured one.</summary>
/// <param name="Cookie">The request's number.</param>
/// <param name="Error">Of a simple reply: how the request failed.</param>
/// <param name="Chunk">Of a chunk: what it holds; null for a simple reply.</param>
/// <param name="IsDone">Whether nothing more follows for the request.</param>
/// <param name="Length">Of a chunk: bytes of its payload.</param>
internal readonly record struct ReplyHeader(ulong Cookie, NbdError Error, ChunkType? Chunk, bool IsDone, uint Length)
{
    private const int ErrorAt = 4;
    private const int FlagsAt = 4;
    private const int TypeAt = 6;
    private const int CookieAt = 8;
    private const int LengthAt = 16;

    /// <summary>The header of a simple reply.</summary>
    public static ReplyHeader Simple(ulong cookie, NbdError error) => new(cookie, error, null, IsDone: true, 0);

    /// <summary>The header of a chunk.</summary>
    public static ReplyHeader OfChunk(ulong cookie, ChunkType chunk, bool isDone, uint length) =>
        new(cookie, NbdError.None, chunk, isDone, length);

    /// <summary>Reads the next header that a server sends.</summary>
    /// <exception cref="NbdException">It is no reply.</exception>
    public static ReplyHeader Read(Wire wire)
    {
        ReadOnlySpan<byte> bytes = wire.Take(NbdSpec.SimpleReplySize);
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        ulong cookie = BinaryPrimitives.ReadUInt64BigEndian(bytes[CookieAt..]);
        if (magic == NbdSpec.SimpleReplyMagic)
        {
            return Simple(cookie, (NbdError)BinaryPrimitives.ReadUInt32BigEndian(bytes[ErrorAt..]));
        }

        if (magic != NbdSpec.ChunkMagic)
        {
            throw wire.Violation("the magic of a reply", $"0x{NbdSpec.SimpleReplyMagic:X} or 0x{NbdSpec.ChunkMagic:X}", magic);
        }

        bool isDone = (BinaryPrimitives.ReadUInt16BigEndian(bytes[FlagsAt..]) & NbdSpec.ChunkDone) != 0;
        var chunk = (ChunkType)BinaryPrimitives.ReadUInt16BigEndian(bytes[TypeAt..]);
        return OfChunk(cookie, chunk, isDone, wire.ReadUInt32());
    }

    /// <summary>Encodes the header.</summary>
    /// <returns>Its bytes.</returns>
    public int Write(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt64BigEndian(header[CookieAt..], Cookie);
        if (Chunk is not { } chunk)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header, NbdSpec.SimpleReplyMagic);
            BinaryPrimitives.WriteUInt32BigEndian(header[ErrorAt..], (uint)Error);
            return NbdSpec.SimpleReplySize;
        }

        BinaryPrimitives.WriteUInt32BigEndian(header, NbdSpec.ChunkMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[FlagsAt..], IsDone ? NbdSpec.ChunkDone : (ushort)0);
        BinaryPrimitives.WriteUInt16BigEndian(header[TypeAt..], (ushort)chunk);
        BinaryPrimitives.WriteUInt32BigEndian(header[LengthAt..], Length);
        return NbdSpec.ChunkHeaderSize;
    }
}
