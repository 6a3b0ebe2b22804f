using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>The chunk that says how a request failed. It names no file: the client may be anyone.</summary>
internal static class ErrorChunk
{
    private const int MessageAt = sizeof(uint) + sizeof(ushort);

    /// <summary>Puts the last chunk of a reply among what is to be sent.</summary>
    public static void Write(Wire wire, ulong cookie, NbdError error)
    {
        string message = error switch
        {
            NbdError.NotPermitted => "the export is read-only",
            NbdError.Invalid => "the request is malformed or passes the end of the export",
            NbdError.NoSpace => "no space is left, or the request passes the end of the export",
            NbdError.Shutdown => "the server is being stopped",
            _ => "the disk could not be read or written",
        };
        int length = MessageAt + Encoding.ASCII.GetByteCount(message);
        Span<byte> chunk = wire.Reserve(NbdSpec.ChunkHeaderSize + length);
        ReplyHeader.OfChunk(cookie, ChunkType.Error, isDone: true, (uint)length).Write(chunk);
        Span<byte> payload = chunk[NbdSpec.ChunkHeaderSize..];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)error);
        BinaryPrimitives.WriteUInt16BigEndian(payload[sizeof(uint)..], (ushort)(length - MessageAt));
        Encoding.ASCII.GetBytes(message, payload[MessageAt..]);
        wire.Commit(chunk.Length);
    }
}
