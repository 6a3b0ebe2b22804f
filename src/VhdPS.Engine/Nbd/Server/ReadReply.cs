using System.Buffers.Binary;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>Answers reads. Data goes from the disk straight into what is sent, a piece at a time.</summary>
internal sealed class ReadReply(Wire wire, NbdExport export, bool hasStructuredReplies)
{
    // Looking for holes in less than this costs more than sending them.
    private const int ShortestSparse = 64 * 1024;

    // A hole that is shorter is sent as zeros with the data around it.
    private const int ShortestHole = 16 * 1024;

    private const int DataHeaderSize = NbdSpec.ChunkHeaderSize + sizeof(ulong);
    private const int HolePayloadSize = sizeof(ulong) + sizeof(uint);

    private readonly SharedDisk _disk = export.Disk;

    /// <summary>Carries out a read of at least one byte, all of it on the disk.</summary>
    /// <exception cref="NbdException">The connection is lost, or had to be ended because a failure can no longer be told.</exception>
    public void Send(Request request)
    {
        bool isDone = !hasStructuredReplies ? SendSimple(request)
            : request.Flags.HasFlag(CommandFlags.DontFragment) || request.Length < ShortestSparse ? SendOneChunk(request)
            : SendChunks(request);
        if (isDone)
        {
            export.AddRead(request.Length);
        }
    }

    private bool SendSimple(Request request)
    {
        int first = (int)Math.Min(request.Length, Transmission.PieceSize);
        Span<byte> reply = wire.Reserve(NbdSpec.SimpleReplySize + first);
        NbdError error = _disk.Read((long)request.Offset, reply[NbdSpec.SimpleReplySize..]);
        ReplyHeader.Simple(request.Cookie, error).Write(reply);
        wire.Commit(error == NbdError.None ? reply.Length : NbdSpec.SimpleReplySize);
        if (error == NbdError.None && SendRest(request, first) is not NbdError.None and var late)
        {
            // The header has promised the data: all that is left is to end the connection.
            throw new NbdException(wire.Uri, NbdFault.RequestFailed, $"reading failed ({late}) after the reply had begun.");
        }

        return error == NbdError.None;
    }

    private bool SendOneChunk(Request request)
    {
        int first = (int)Math.Min(request.Length, Transmission.PieceSize);
        bool isWhole = first == request.Length;
        Span<byte> chunk = wire.Reserve(DataHeaderSize + first);
        NbdError error = _disk.Read((long)request.Offset, chunk[DataHeaderSize..]);
        if (error != NbdError.None)
        {
            ErrorChunk.Write(wire, request.Cookie, error);
            return false;
        }

        WriteDataHeader(chunk, request.Cookie, request.Offset, request.Length, isWhole);
        wire.Commit(chunk.Length);
        if (isWhole)
        {
            return true;
        }

        error = SendRest(request, first);
        if (error != NbdError.None)
        {
            ErrorChunk.Write(wire, request.Cookie, error);
            return false;
        }

        wire.Commit(ReplyHeader.OfChunk(request.Cookie, ChunkType.None, isDone: true, 0).Write(wire.Reserve(NbdSpec.ChunkHeaderSize)));
        return true;
    }

    /// <summary>Sends what is left of a reply whose header has been sent; of a structured one all of it, whatever fails.</summary>
    private NbdError SendRest(Request request, int done)
    {
        NbdError error = NbdError.None;
        for (long at = done; at < request.Length;)
        {
            Span<byte> piece = wire.Reserve((int)Math.Min(request.Length - at, Transmission.PieceSize));
            error = error == NbdError.None ? _disk.Read((long)request.Offset + at, piece) : error;
            if (error != NbdError.None)
            {
                if (!hasStructuredReplies)
                {
                    return error;
                }

                piece.Clear();
            }

            wire.Commit(piece.Length);
            at += piece.Length;
        }

        return error;
    }

    private bool SendChunks(Request request)
    {
        long end = (long)request.Offset + request.Length;
        for (long offset = (long)request.Offset; offset < end;)
        {
            NbdError error = FindPiece(offset, end - offset, out ExportedExtent piece);
            if (error == NbdError.None)
            {
                bool isLast = offset + piece.Length == end;
                error = piece.IsZero ? SendHole(request, offset, piece.Length, isLast)
                    : SendData(request, offset, (int)piece.Length, isLast);
            }

            if (error != NbdError.None)
            {
                ErrorChunk.Write(wire, request.Cookie, error);
                return false;
            }

            offset += piece.Length;
        }

        return true;
    }

    /// <summary>Zeros that are worth a chunk of their own, or data with what little zeros lie in it.</summary>
    private NbdError FindPiece(long offset, long length, out ExportedExtent piece)
    {
        NbdError error = _disk.FindExtent(offset, length, out piece);
        if (error != NbdError.None || (piece.IsZero && (piece.Length >= ShortestHole || piece.Length == length)))
        {
            return error;
        }

        long most = Math.Min(length, Transmission.PieceSize), found = Math.Min(piece.Length, most);
        while (found < most)
        {
            error = _disk.FindExtent(offset + found, length - found, out ExportedExtent next);
            if (error != NbdError.None || (next.IsZero && next.Length >= ShortestHole))
            {
                break;
            }

            found = Math.Min(most, found + next.Length);
        }

        piece = new ExportedExtent(found, IsAllocated: true, IsZero: false);
        return NbdError.None;
    }

    private NbdError SendData(Request request, long offset, int length, bool isLast)
    {
        Span<byte> chunk = wire.Reserve(DataHeaderSize + length);
        NbdError error = _disk.Read(offset, chunk[DataHeaderSize..]);
        if (error == NbdError.None)
        {
            WriteDataHeader(chunk, request.Cookie, (ulong)offset, (uint)length, isLast);
            wire.Commit(chunk.Length);
        }

        return error;
    }

    private NbdError SendHole(Request request, long offset, long length, bool isLast)
    {
        Span<byte> chunk = wire.Reserve(NbdSpec.ChunkHeaderSize + HolePayloadSize);
        ReplyHeader.OfChunk(request.Cookie, ChunkType.OffsetHole, isLast, HolePayloadSize).Write(chunk);
        BinaryPrimitives.WriteUInt64BigEndian(chunk[NbdSpec.ChunkHeaderSize..], (ulong)offset);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[(NbdSpec.ChunkHeaderSize + sizeof(ulong))..], (uint)length);
        wire.Commit(chunk.Length);
        return NbdError.None;
    }

    private static void WriteDataHeader(Span<byte> chunk, ulong cookie, ulong offset, uint length, bool isLast)
    {
        ReplyHeader.OfChunk(cookie, ChunkType.OffsetData, isLast, sizeof(ulong) + length).Write(chunk);
        BinaryPrimitives.WriteUInt64BigEndian(chunk[NbdSpec.ChunkHeaderSize..], offset);
    }
}
