using System.Net.Sockets;
using VhdPS.Engine.Nbd;

namespace VhdPS.Tests.Nbd;

/// <summary>A server that does with each connection what the test says.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Action<FakeSession> _serve;
    private readonly List<Socket> _sockets = [];
    private int _connectionCount;
    private bool _isDisposed;

    public FakeServer(Action<FakeSession> serve)
    {
        _serve = serve;
        Uri = NbdUri.ForUnix(_folder["nbd.sock"], "disk");
        _listener.Bind(new UnixDomainSocketEndPoint(Uri.SocketPath));
        _listener.Listen();
        new Thread(Listen) { IsBackground = true }.Start();
    }

    public NbdUri Uri { get; }

    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _listener.Dispose();
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Dispose());
        }

        _folder.Dispose();
    }

    private void Listen()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }

            lock (_sockets)
            {
                _sockets.Add(socket);
            }

            int number = Interlocked.Increment(ref _connectionCount);
            new Thread(() => Serve(socket, number)) { IsBackground = true }.Start();
        }
    }

    private void Serve(Socket socket, int number)
    {
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            _serve(new FakeSession(new Wire(stream, "fake", 4 * 1024 * 1024), number));
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The client has left, or the test has ended before the thread began.
        }
    }
}

/// <summary>One connection of a <see cref="FakeServer"/>.</summary>
/// <param name="Wire">The connection.</param>
/// <param name="Number">1 for the first.</param>
internal sealed record FakeSession(Wire Wire, int Number)
{
    /// <summary>Greets a client and answers its options as a plain server does, up to its use of the export.</summary>
    public void Agree(long size, ushort flags = 0x101, bool isStructured = true, uint minBlockSize = 1, bool hasAllocation = false,
        uint maxPayload = 32 << 20)
    {
        Wire.WriteUInt64(NbdSpec.ServerMagic);
        Wire.WriteUInt64(NbdSpec.OptionMagic);
        Wire.WriteUInt16(3);
        Wire.Flush();
        Wire.ReadUInt32();
        while (true)
        {
            OptionHeader option = OptionHeader.Read(Wire);
            Wire.Skip(option.Length);
            switch (option.Code)
            {
                case OptionCode.StructuredReply:
                    OptionReply.Write(Wire, option.Code, isStructured ? OptionReplyType.Ack : OptionReplyType.Unsupported, []);
                    break;
                case OptionCode.SetMetaContext when hasAllocation:
                    OptionReply.Write(
                        Wire, option.Code, OptionReplyType.MetaContext, new DataWriter().UInt32(1).Text("base:allocation").Data);
                    OptionReply.Write(Wire, option.Code, OptionReplyType.Ack, []);
                    break;
                case OptionCode.Go:
                    OptionReply.Write(Wire, option.Code, OptionReplyType.Info, new DataWriter().UInt16(3).UInt32(minBlockSize).UInt32(4096)
                        .UInt32(maxPayload).Data);
                    OptionReply.Write(
                        Wire, option.Code, OptionReplyType.Info, new DataWriter().UInt16(0).UInt64((ulong)size).UInt16(flags).Data);
                    OptionReply.Write(Wire, option.Code, OptionReplyType.Ack, []);
                    Wire.Flush();
                    return;
                default:
                    OptionReply.Write(Wire, option.Code, OptionReplyType.Unsupported, []);
                    break;
            }

            Wire.Flush();
        }
    }

    /// <summary>The next request; null where the client has left.</summary>
    public Request? Next()
    {
        if (!Wire.WaitForInput())
        {
            return null;
        }

        Assert.True(Request.TryParse(Wire.Take(NbdSpec.RequestHeaderSize), out Request request));
        return request.Command == Command.Disconnect ? null : request;
    }

    /// <summary>Answers a read from a disk.</summary>
    public void Answer(Request request, byte[] disk, bool isStructured = true)
    {
        ReadOnlySpan<byte> data = disk.AsSpan((int)request.Offset, (int)request.Length);
        if (isStructured)
        {
            Chunk(request, ChunkType.OffsetData, isDone: true, [.. new DataWriter().UInt64(request.Offset).Data, .. data]);
        }
        else
        {
            Wire.Commit(ReplyHeader.Simple(request.Cookie, NbdError.None).Write(Wire.Reserve(NbdSpec.SimpleReplySize)));
            Wire.Write(data);
            Wire.Flush();
        }
    }

    public void Chunk(Request request, ChunkType type, bool isDone, byte[] payload)
    {
        Wire.Commit(ReplyHeader.OfChunk(request.Cookie, type, isDone, (uint)payload.Length).Write(Wire.Reserve(NbdSpec.ChunkHeaderSize)));
        Wire.Write(payload);
        Wire.Flush();
    }
}
