namespace VhdPS.Engine.Nbd.Server;

/// <summary>
/// The second phase of a session: requests and replies. Requests are carried out one after the other; of those that have
/// arrived together the reads are announced to the system first, and the replies are sent together.
/// </summary>
internal sealed class Transmission
{
    /// <summary>The most bytes that are read or written in one go.</summary>
    public const int PieceSize = 1024 * 1024;

    // Replies that wait for others are sent when there are so many bytes of them.
    private const int GatheredSize = 256 * 1024;

    private readonly Wire _wire;
    private readonly NbdExport _export;
    private readonly SharedDisk _disk;
    private readonly bool _hasStructuredReplies;
    private readonly bool _hasAllocation;
    private readonly Func<bool> _isStopping;
    private readonly ReadReply _reads;
    private readonly StatusReply _statuses;
    private byte[]? _piece;
    private int _announcedLength;
    private bool _hasWritten;
    private volatile bool _isWaiting;

    public Transmission(NegotiatedExport agreed, Func<bool> isStopping)
    {
        _wire = agreed.Wire;
        _export = agreed.Export;
        _disk = agreed.Export.Disk;
        _hasStructuredReplies = agreed.HasStructuredReplies;
        _hasAllocation = agreed.HasAllocation;
        _isStopping = isStopping;
        _reads = new ReadReply(_wire, _export, _hasStructuredReplies);
        _statuses = new StatusReply(_wire, _disk);
    }

    /// <summary>The size of a connection's buffer for what is sent: a piece with its headers, beside gathered replies.</summary>
    public static int OutputSize => PieceSize + GatheredSize + 4096;

    /// <summary>Whether the client is asked for nothing: all requests are answered.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Answers requests until the client leaves or the server stops.</summary>
    /// <exception cref="NbdException">The connection is lost, or cannot go on.</exception>
    public void Run()
    {
        try
        {
            while (ReadRequest() is { } request && Execute(request))
            {
                if (_wire.UnsentLength > GatheredSize)
                {
                    _wire.Flush();
                }
            }

            _wire.Flush();
        }
        finally
        {
            if (_hasWritten)
            {
                // A client that leaves without asking for a flush has nothing to expect; it gets one all the same.
                _ = _disk.Flush();
            }
        }
    }

    private Request? ReadRequest()
    {
        if (_wire.Received.Length < NbdSpec.RequestHeaderSize)
        {
            _wire.Flush();
            if (_isStopping())
            {
                return null;
            }

            _isWaiting = true;
            bool isOver = !_wire.WaitForInput();
            _isWaiting = false;
            if (isOver)
            {
                return null;
            }
        }

        ReadOnlySpan<byte> header = _wire.Take(NbdSpec.RequestHeaderSize);
        if (!Request.TryParse(header, out Request request))
        {
            uint magic = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header);
            throw _wire.Violation("the magic of a request", $"0x{NbdSpec.RequestMagic:X}", magic);
        }

        _announcedLength -= NbdSpec.RequestHeaderSize;
        AnnounceReads(request);
        return request;
    }

    /// <summary>Tells the system of the reads that wait after this request, so that a slow medium works on all of them at once.</summary>
    private void AnnounceReads(Request current)
    {
        ReadOnlySpan<byte> received = _wire.Received;
        long at = current.PayloadLength;
        if (at < _announcedLength)
        {
            return;
        }

        while (at + NbdSpec.RequestHeaderSize <= received.Length)
        {
            if (Request.TryParse(received[(int)at..], out Request next) && next.Command == Command.Read && FindFault(next) == NbdError.None)
            {
                _disk.Prefetch((long)next.Offset, Math.Min(next.Length, PieceSize));
            }

            at += NbdSpec.RequestHeaderSize + (long)next.PayloadLength;
        }

        _announcedLength = (int)Math.Min(at, int.MaxValue);
    }

    /// <summary>Carries a request out and answers it; false where it was the last.</summary>
    private bool Execute(Request request)
    {
        if (request.Command == Command.Disconnect)
        {
            return false;
        }

        if (FindFault(request) is not NbdError.None and var fault)
        {
            _wire.Skip(request.PayloadLength);
            _announcedLength = 0;
            Reply(request, fault);
            return true;
        }

        switch (request.Command)
        {
            case Command.Read when request.Length > 0:
                _reads.Send(request);
                break;
            case Command.Write:
                Reply(request, Write(request));
                break;
            case Command.Flush:
                _wire.Flush();
                Reply(request, _disk.Flush());
                break;
            case Command.Trim:
                _wire.Flush();
                _hasWritten = true;
                Reply(request, Finish(request, _disk.Discard((long)request.Offset, request.Length, _isStopping)));
                break;
            case Command.WriteZeroes:
                _wire.Flush();
                _hasWritten = true;
                Reply(request, Finish(request, WriteZeroes(request)));
                break;
            case Command.BlockStatus:
                _statuses.Send(request);
                break;
            default:
                Reply(request, NbdError.None);
                break;
        }

        return true;
    }

    /// <summary>What keeps a request from being carried out.</summary>
    private NbdError FindFault(Request request)
    {
        if (_isStopping())
        {
            return NbdError.Shutdown;
        }

        CommandFlags allowed = CommandFlags.ForceUnitAccess | request.Command switch
        {
            Command.Read when _hasStructuredReplies => CommandFlags.DontFragment,
            Command.WriteZeroes => CommandFlags.NoHole,
            Command.BlockStatus => CommandFlags.RequestOne,
            _ => CommandFlags.None,
        };
        if ((request.Flags & ~allowed) != 0)
        {
            return NbdError.Invalid;
        }

        bool isChange = request.Command is Command.Write or Command.Trim or Command.WriteZeroes;
        bool isInside = request.Offset <= (ulong)_disk.SizeBytes && request.Length <= (ulong)_disk.SizeBytes - request.Offset;
        return request.Command switch
        {
            Command.Write or Command.Trim or Command.WriteZeroes when _export.IsReadOnly => NbdError.NotPermitted,
            Command.Read or Command.Write when request.Length > NbdSpec.MaxPayload => NbdError.Invalid,
            Command.Read when !isInside => NbdError.Invalid,
            Command.Write or Command.WriteZeroes when !isInside => NbdError.NoSpace,
            Command.Trim when !isInside => NbdError.Invalid,
            Command.BlockStatus when !_hasAllocation || !isInside || request.Length == 0 => NbdError.Invalid,
            Command.Read or Command.Flush or Command.BlockStatus => NbdError.None,
            _ => isChange ? NbdError.None : NbdError.Invalid,
        };
    }

    private NbdError Write(Request request)
    {
        if (_wire.Received.Length < request.Length)
        {
            // The client may wait for an answer before it sends the rest.
            _wire.Flush();
        }

        _hasWritten = true;
        _announcedLength -= (int)request.Length;
        _piece ??= new byte[PieceSize];
        NbdError error = NbdError.None;
        long offset = (long)request.Offset;
        for (long rest = request.Length; rest > 0;)
        {
            Span<byte> piece = _piece.AsSpan(0, (int)Math.Min(rest, PieceSize));
            _wire.Read(piece);
            error = error == NbdError.None ? _disk.Write(offset, piece) : error;
            offset += piece.Length;
            rest -= piece.Length;
        }

        if (error == NbdError.None)
        {
            _export.AddWritten(request.Length);
        }

        return Finish(request, error);
    }

    private NbdError WriteZeroes(Request request)
    {
        bool mayDiscard = !request.Flags.HasFlag(CommandFlags.NoHole);
        NbdError error = _disk.Zero((long)request.Offset, request.Length, mayDiscard, _isStopping);
        if (error == NbdError.None)
        {
            _export.AddWritten(request.Length);
        }

        return error;
    }

    /// <summary>Where the client wants it, a change is answered when it is on the medium.</summary>
    private NbdError Finish(Request request, NbdError error)
    {
        if (error != NbdError.None || !request.Flags.HasFlag(CommandFlags.ForceUnitAccess))
        {
            return error;
        }

        _wire.Flush();
        return _disk.Flush();
    }

    private void Reply(Request request, NbdError error)
    {
        if (!_hasStructuredReplies || (error == NbdError.None && request.Command != Command.Read))
        {
            _wire.Commit(ReplyHeader.Simple(request.Cookie, error).Write(_wire.Reserve(NbdSpec.SimpleReplySize)));
        }
        else if (error == NbdError.None)
        {
            _wire.Commit(
                ReplyHeader.OfChunk(request.Cookie, ChunkType.None, isDone: true, 0).Write(_wire.Reserve(NbdSpec.ChunkHeaderSize)));
        }
        else
        {
            ErrorChunk.Write(_wire, request.Cookie, error);
        }
    }
}
