using System.Buffers.Binary;
using System.Net.Sockets;

namespace VhdPS.Engine.Nbd.Client;

/// <summary>
/// One connection to a server, used by several threads at once. Whoever waits for a reply and finds nobody receiving
/// receives for all, and so no thread is needed that does nothing else. Once it has failed it stays so.
/// </summary>
internal sealed class Connection : IDisposable
{
    private const int OutputSize = 16 * 1024;

    // Bytes a second.
    private const long SlowestRate = 64 * 1024;

    // Error chunks of one connection that belong to no end of a reply.
    private const int MaxStrayErrorCount = 1000;

    private readonly IDisposable? _socket;
    private readonly Action _end;
    private readonly Watchdog _watchdog;
    private readonly Wire _wire;
    private readonly NbdClientOptions _options;
    private readonly object _sending = new();
    private readonly object _gate = new();
    private readonly Dictionary<ulong, PendingRequest> _pending = [];
    private NbdException? _failure;
    private ulong _lastCookie;
    private long _pendingBytes;
    private int _strayErrorCount;
    private bool _isReceiving;

    /// <summary>Takes over what was agreed on.</summary>
    /// <param name="wire">The connection.</param>
    /// <param name="export">What the server has said.</param>
    /// <param name="options">How long the server is waited for.</param>
    /// <param name="watchdog">What ends the connection when the server takes too long.</param>
    /// <param name="end">Makes what is blocked in the connection fail.</param>
    /// <param name="socket">What is closed with the connection.</param>
    public Connection(Wire wire, RemoteExport export, NbdClientOptions options, Watchdog watchdog, Action end, IDisposable? socket = null)
    {
        _socket = socket;
        _end = end;
        _watchdog = watchdog;
        _wire = wire;
        _options = options;
        _wire.ReceiveLimit = options.ReplyLimit;
        Export = export;
    }

    /// <summary>What the server has said of the export.</summary>
    public RemoteExport Export { get; }

    /// <summary>Requests that are not answered yet.</summary>
    public int PendingCount
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Whether nothing more can be asked.</summary>
    public bool HasFailed
    {
        get
        {
            lock (_gate)
            {
                return _failure is not null;
            }
        }
    }

    /// <summary>Connects to an export.</summary>
    /// <exception cref="NbdException">There is no server, or it is none, refuses, or is not trusted.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Connection Open(NbdUri uri, NbdClientOptions options, CancellationToken cancellation)
    {
        Socket? socket = null;
        Watchdog? watchdog = null;
        try
        {
            socket = ServerSocket.Connect(uri, options.ConnectLimit, cancellation);
            Socket connected = socket;
            var stream = new NetworkStream(socket);
            TimeSpan shortest = options.ConnectLimit < options.ReplyLimit ? options.ConnectLimit : options.ReplyLimit;
            watchdog = new Watchdog(shortest, () => ShutDown(connected));
            watchdog.Allow(options.ConnectLimit);
            using CancellationTokenRegistration stop = cancellation.Register(() => ShutDown(connected));
            Watchdog watching = watchdog;
            (Wire wire, RemoteExport export) = new Handshake(
                uri, options, stream, each => new Wire(each, uri.ToString(), OutputSize, watching)).Run();
            watchdog.Pause();
            return new Connection(wire, export, options, watchdog, () => ShutDown(connected), connected);
        }
        catch (Exception error)
        {
            watchdog?.Dispose();
            socket?.Dispose();
            if (error is NbdException)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            throw;
        }
    }

    /// <summary>Sends requests; each is then waited for.</summary>
    /// <exception cref="NbdException">The connection has failed; none of the requests may have an answer.</exception>
    public void Submit(PendingRequest request)
    {
        lock (_sending)
        {
            lock (_gate)
            {
                if (_failure is { } failure)
                {
                    throw failure;
                }

                request.Request = request.Request with { Cookie = ++_lastCookie };
                _pendingBytes += request.Request.Length;
                request.Limit = Environment.TickCount64 + (long)_options.ReplyLimit.TotalMilliseconds + (
                    _pendingBytes * 1000 / SlowestRate);
                _pending.Add(_lastCookie, request);
            }

            try
            {
                request.Request.Write(_wire.Reserve(NbdSpec.RequestHeaderSize));
                _wire.Commit(NbdSpec.RequestHeaderSize);
                _wire.Flush();
            }
            catch (NbdException)
            {
                // Whoever receives finds out too, and fails what is pending; only they may, because they may be filling it.
                _end();
            }
        }
    }

    /// <summary>Waits until a request is answered, or the connection has failed.</summary>
    public void Wait(PendingRequest request)
    {
        Monitor.Enter(_gate);
        try
        {
            while (!request.IsDone)
            {
                if (_isReceiving)
                {
                    Monitor.Wait(_gate);
                }
                else
                {
                    ReceiveUntilDone(request);
                }
            }
        }
        finally
        {
            Monitor.Exit(_gate);
        }
    }

    /// <summary>Makes everything that is under way fail.</summary>
    public void Abort() => _end();

    /// <summary>Says goodbye where the connection is well, and closes it. Nothing may be pending.</summary>
    public void Dispose()
    {
        if (!HasFailed)
        {
            try
            {
                lock (_sending)
                {
                    new Request(CommandFlags.None, Command.Disconnect, 0, 0, 0).Write(_wire.Reserve(NbdSpec.RequestHeaderSize));
                    _wire.Commit(NbdSpec.RequestHeaderSize);
                    _watchdog.Allow(_options.ReplyLimit);
                    _wire.Flush();
                }
            }
            catch (NbdException)
            {
                // It is closed all the same.
            }
        }

        _watchdog.Dispose();
        _wire.Dispose();
        _socket?.Dispose();
    }

    private static void ShutDown(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The other side was faster.
        }

        if (OperatingSystem.IsWindows())
        {
            // QUIRK(windows): a read that is blocked does not notice that its socket was shut down.
            socket.Dispose();
        }
    }

    /// <summary>Called and left with the gate taken; gives it up while it receives.</summary>
    private void ReceiveUntilDone(PendingRequest request)
    {
        _isReceiving = true;
        try
        {
            while (!request.IsDone)
            {
                PendingRequest? done;
                Monitor.Exit(_gate);
                try
                {
                    done = Receive();
                }
                finally
                {
                    Monitor.Enter(_gate);
                }

                if (done is not null)
                {
                    Complete(done);
                }
            }
        }
        catch (Exception error)
        {
            _failure ??= error as NbdException
                ?? new NbdException(_wire.Uri, NbdFault.ConnectionLost, "the connection was given up.", error);
            _end();
            foreach (PendingRequest pending in _pending.Values)
            {
                pending.Failure = _failure;
                pending.IsDone = true;
            }

            _pending.Clear();
            if (error is not NbdException)
            {
                throw;
            }
        }
        finally
        {
            _isReceiving = false;
            Monitor.PulseAll(_gate);
        }
    }

    private void Complete(PendingRequest done)
    {
        _pending.Remove(done.Request.Cookie);
        _pendingBytes -= done.Request.Length;
        done.IsDone = true;
        if (_pending.Count > 0)
        {
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Receives one reply, or a chunk of one.</summary>
    /// <returns>The request that this was the end of; null where more is to come.</returns>
    private PendingRequest? Receive()
    {
        ThrowIfLate();
        ReplyHeader header = ReplyHeader.Read(_wire);
        PendingRequest? request;
        lock (_gate)
        {
            if (!_pending.TryGetValue(header.Cookie, out request))
            {
                throw _wire.Violation("the cookie of a reply", "that of a request that waits", header.Cookie);
            }
        }

        if (header.Chunk is null)
        {
            request.Error = header.Error;
            if (header.Error == NbdError.None)
            {
                request.TakeSimple(_wire);
            }
        }
        else if (((ushort)header.Chunk & NbdSpec.ErrorChunkBit) != 0)
        {
            TakeError(request, header);
        }
        else
        {
            request.TakeChunk(_wire, header);
        }

        if (!header.IsDone)
        {
            return null;
        }

        if (request.Error == NbdError.None)
        {
            request.Finish(_wire);
        }

        return request;
    }

    private void TakeError(PendingRequest request, ReplyHeader header)
    {
        const int FixedSize = sizeof(uint) + sizeof(ushort);
        if (header.Length is < FixedSize or > NbdSpec.MaxOptionLength || (!header.IsDone && ++_strayErrorCount > MaxStrayErrorCount))
        {
            throw _wire.Violation(
                "the length or number of error chunks", $"{FixedSize} to {NbdSpec.MaxOptionLength} bytes, few", $"{header.Length} bytes");
        }

        byte[] payload = new byte[header.Length];
        _wire.Read(payload);
        var error = (NbdError)BinaryPrimitives.ReadUInt32BigEndian(payload);
        int textLength = BinaryPrimitives.ReadUInt16BigEndian(payload.AsSpan(sizeof(uint)));
        if (error == NbdError.None || textLength > payload.Length - FixedSize)
        {
            throw _wire.Violation("an error chunk", "an error and a text that fits", $"error {error} with a text of {textLength} bytes");
        }

        if (request.Error == NbdError.None)
        {
            request.Error = error;
            request.ErrorText = PeerText.Shorten(payload.AsSpan(FixedSize, textLength));
        }
    }

    private void ThrowIfLate()
    {
        long limit = long.MaxValue;
        lock (_gate)
        {
            foreach (PendingRequest pending in _pending.Values)
            {
                limit = Math.Min(limit, pending.Limit);
            }
        }

        if (Environment.TickCount64 > limit)
        {
            throw new NbdException(_wire.Uri, NbdFault.TimedOut, "the server did not answer in time.");
        }
    }
}
