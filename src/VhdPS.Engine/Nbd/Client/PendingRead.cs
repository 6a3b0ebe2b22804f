namespace VhdPS.Engine.Nbd.Client;

/// <summary>A read whose bytes go where the caller wants them, from whatever thread receives them.</summary>
internal sealed unsafe class PendingRead : PendingRequest
{
    private const int DataHeaderSize = sizeof(ulong);
    private const int HolePayloadSize = sizeof(ulong) + sizeof(uint);

    private readonly byte* _target;
    private readonly CoveredRange _covered;
    private readonly bool _hasStructuredReplies;

    /// <summary>Asks for bytes.</summary>
    /// <param name="offset">Bytes from the start of the export.</param>
    /// <param name="target">Where they go; stays where it is until the request is done.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <param name="hasStructuredReplies">Whether the reply comes in chunks.</param>
    public PendingRead(long offset, byte* target, int length, bool hasStructuredReplies)
        : base(new Request(CommandFlags.None, Command.Read, 0, (ulong)offset, (uint)length))
    {
        _target = target;
        _covered = new CoveredRange(length);
        _hasStructuredReplies = hasStructuredReplies;
    }

    /// <inheritdoc/>
    public override void TakeSimple(Wire wire)
    {
        if (_hasStructuredReplies)
        {
            throw wire.Violation("the reply to a read", "chunks", "a simple reply");
        }

        wire.Read(new Span<byte>(_target, (int)Request.Length));
        _covered.TryAdd(0, (int)Request.Length);
    }

    /// <inheritdoc/>
    public override void TakeChunk(Wire wire, ReplyHeader header)
    {
        switch (header.Chunk)
        {
            case ChunkType.None when header is { Length: 0, IsDone: true }:
                break;
            case ChunkType.OffsetData when header.Length > DataHeaderSize:
                wire.Read(Claim(wire, wire.ReadUInt64(), header.Length - DataHeaderSize));
                break;
            case ChunkType.OffsetHole when header.Length == HolePayloadSize:
                Claim(wire, wire.ReadUInt64(), wire.ReadUInt32()).Clear();
                break;
            default:
                throw wire.Violation("a chunk of the reply to a read", "data or a hole", $"type {header.Chunk} of {header.Length} bytes");
        }
    }

    /// <inheritdoc/>
    public override void Finish(Wire wire)
    {
        if (!_covered.IsWhole)
        {
            throw wire.Violation("the reply to a read", $"all {Request.Length} bytes", "fewer");
        }
    }

    private Span<byte> Claim(Wire wire, ulong offset, uint length)
    {
        ulong at = unchecked(offset - Request.Offset);
        if (offset < Request.Offset || at > Request.Length || length == 0 || length > Request.Length - at
            || !_covered.TryAdd((int)at, (int)length))
        {
            throw wire.Violation(
                "the place of a chunk",
                $"a part of {Request.Length} bytes at offset {Request.Offset} that has not come yet",
                $"{length} bytes at offset {offset}");
        }

        return new Span<byte>(_target + at, (int)length);
    }
}
