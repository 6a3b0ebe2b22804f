namespace VhdPS.Engine.Nbd.Client;

/// <summary>A question where data is.</summary>
internal sealed class PendingStatus(long offset, uint length, uint contextId)
    : PendingRequest(new Request(CommandFlags.None, Command.BlockStatus, 0, (ulong)offset, length))
{
    private const int DescriptorSize = 2 * sizeof(uint);
    private const int MaxDescriptorCount = 4 * 1024 * 1024;
    private const int MaxKeptCount = 64 * 1024;

    private readonly List<(long Length, bool IsZero)> _extents = [];

    /// <summary>What lies from the offset on; neighbours differ. It may end before the range that was asked for does, or pass it.</summary>
    public IReadOnlyList<(long Length, bool IsZero)> Extents => _extents;

    /// <inheritdoc/>
    public override void TakeSimple(Wire wire) => throw wire.Violation("the reply to BLOCK_STATUS", "a chunk", "a simple reply");

    /// <inheritdoc/>
    public override void TakeChunk(Wire wire, ReplyHeader header)
    {
        if (header.Chunk == ChunkType.None && header is { Length: 0, IsDone: true })
        {
            return;
        }

        (long count, long rest) = Math.DivRem((long)header.Length - sizeof(uint), DescriptorSize);
        if (header.Chunk != ChunkType.BlockStatus || _extents.Count > 0 || rest != 0 || count is < 1 or > MaxDescriptorCount)
        {
            throw wire.Violation(
                "a chunk of the reply to BLOCK_STATUS", "descriptors, once", $"type {header.Chunk} of {header.Length} bytes");
        }

        uint id = wire.ReadUInt32();
        if (id != contextId)
        {
            throw wire.Violation("the context of BLOCK_STATUS", $"0x{contextId:X}", id);
        }

        bool isFull = false;
        for (long i = 0; i < count; i++)
        {
            uint extentLength = wire.ReadUInt32(), state = wire.ReadUInt32();
            if (extentLength == 0)
            {
                throw wire.Violation("the length of an extent", "more than 0", extentLength);
            }

            isFull = isFull || !TryAdd(extentLength, (state & NbdSpec.StateZero) != 0);
        }
    }

    /// <inheritdoc/>
    public override void Finish(Wire wire)
    {
        if (_extents.Count == 0)
        {
            throw wire.Violation("the reply to BLOCK_STATUS", "an extent", "none");
        }
    }

    /// <summary>Adds an extent; false where no more are kept, and the rest has to be asked for again.</summary>
    private bool TryAdd(uint extentLength, bool isZero)
    {
        if (_extents.Count > 0 && _extents[^1].IsZero == isZero)
        {
            _extents[^1] = (_extents[^1].Length + extentLength, isZero);
            return true;
        }

        if (_extents.Count == MaxKeptCount)
        {
            return false;
        }

        _extents.Add((extentLength, isZero));
        return true;
    }
}
