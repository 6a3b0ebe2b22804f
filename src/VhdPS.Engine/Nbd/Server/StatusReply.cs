using System.Buffers.Binary;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>Answers where data is.</summary>
internal sealed class StatusReply(Wire wire, SharedDisk disk)
{
    // What is left over, the client asks for again.
    private const int MaxDescriptorCount = 4096;

    private const int MaxLookUpCount = 64 * 1024;
    private const int DescriptorSize = 2 * sizeof(uint);

    private readonly List<(uint Length, uint State)> _descriptors = [];

    /// <summary>Carries out a request of at least one byte, all of it on the disk.</summary>
    /// <exception cref="NbdException">The connection is lost.</exception>
    public void Send(Request request)
    {
        NbdError error = Gather(request);
        if (error != NbdError.None)
        {
            ErrorChunk.Write(wire, request.Cookie, error);
            return;
        }

        int length = sizeof(uint) + (_descriptors.Count * DescriptorSize);
        Span<byte> chunk = wire.Reserve(NbdSpec.ChunkHeaderSize + length);
        ReplyHeader.OfChunk(request.Cookie, ChunkType.BlockStatus, isDone: true, (uint)length).Write(chunk);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[NbdSpec.ChunkHeaderSize..], Negotiation.AllocationContextId);
        Span<byte> rest = chunk[(NbdSpec.ChunkHeaderSize + sizeof(uint))..];
        foreach ((uint extentLength, uint state) in _descriptors)
        {
            BinaryPrimitives.WriteUInt32BigEndian(rest, extentLength);
            BinaryPrimitives.WriteUInt32BigEndian(rest[sizeof(uint)..], state);
            rest = rest[DescriptorSize..];
        }

        wire.Commit(chunk.Length);
    }

    private NbdError Gather(Request request)
    {
        _descriptors.Clear();
        int most = request.Flags.HasFlag(CommandFlags.RequestOne) ? 1 : MaxDescriptorCount;
        long end = (long)request.Offset + request.Length;
        long offset = (long)request.Offset;
        for (int lookUp = 0; offset < end && lookUp < MaxLookUpCount; lookUp++)
        {
            NbdError error = disk.FindExtent(offset, end - offset, out ExportedExtent extent);
            if (error != NbdError.None)
            {
                return error;
            }

            uint state = (extent.IsAllocated ? 0 : NbdSpec.StateHole) | (extent.IsZero ? NbdSpec.StateZero : 0);
            if (_descriptors.Count > 0 && _descriptors[^1].State == state)
            {
                _descriptors[^1] = (_descriptors[^1].Length + (uint)extent.Length, state);
            }
            else if (_descriptors.Count == most)
            {
                break;
            }
            else
            {
                _descriptors.Add(((uint)extent.Length, state));
            }

            offset += extent.Length;
        }

        return NbdError.None;
    }
}
