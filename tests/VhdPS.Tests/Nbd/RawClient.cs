using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using VhdPS.Engine.Nbd;

namespace VhdPS.Tests.Nbd;

/// <summary>A client that sends what it is told to, right or wrong, and shows what comes back.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private ulong _lastCookie;

    public RawClient(NbdUri uri)
    {
        _socket = uri.Transport == NbdTransport.Unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        _socket.Connect(uri.Transport == NbdTransport.Unix
            ? new UnixDomainSocketEndPoint(uri.SocketPath)
            : new IPEndPoint(IPAddress.Parse(uri.Host), uri.Port));
        _socket.ReceiveTimeout = 60_000;
        _stream = new NetworkStream(_socket);
        Wire = new Wire(_stream, "test", 64 * 1024 * 1024);
    }

    public Wire Wire { get; }

    /// <summary>Whether replies are to be understood as chunks.</summary>
    public bool IsStructured { get; private set; }

    /// <summary>Connects, greets, and uses an export.</summary>
    public static RawClient Use(NbdUri uri, string name, bool isStructured = true, bool hasAllocation = true)
    {
        var client = new RawClient(uri);
        client.Greet();
        if (isStructured)
        {
            client.AllowStructuredReplies();
            if (hasAllocation)
            {
                Assert.Equal(
                    [OptionReplyType.MetaContext, OptionReplyType.Ack],
                    client.Ask(OptionCode.SetMetaContext, new DataWriter().String(name).UInt32(1).String("base:allocation")).Select(
                        reply => reply.Type));
            }
        }

        Assert.Equal(OptionReplyType.Ack, client.Ask(OptionCode.Go, new DataWriter().String(name).UInt16(0))[^1].Type);
        return client;
    }

    /// <summary>Takes the server's greeting and answers it.</summary>
    public void Greet(uint flags = 3)
    {
        Assert.Equal(("NBDMAGIC", "IHAVEOPT"), (Encoding.ASCII.GetString(Wire.Take(8)), Encoding.ASCII.GetString(Wire.Take(8))));
        Assert.Equal(3, Wire.ReadUInt16());
        Wire.WriteUInt32(flags);
        Wire.Flush();
    }

    public void AllowStructuredReplies()
    {
        Assert.Equal(OptionReplyType.Ack, Assert.Single(Ask(OptionCode.StructuredReply, new DataWriter())).Type);
        IsStructured = true;
    }

    /// <summary>Sends an option and takes all its replies, the last of which is an acknowledgement or an error.</summary>
    public List<OptionReply> Ask(OptionCode code, DataWriter data) => Ask(code, data.Data);

    /// <summary>Sends an option and takes all its replies, the last of which is an acknowledgement or an error.</summary>
    public List<OptionReply> Ask(OptionCode code, ReadOnlySpan<byte> data)
    {
        OptionHeader.Write(Wire, code, data);
        Wire.Flush();
        var replies = new List<OptionReply>();
        do
        {
            replies.Add(OptionReply.Read(Wire, code));
        }
        while (replies[^1] is { IsError: false, Type: not OptionReplyType.Ack });
        return replies;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        Wire.Write(bytes);
        Wire.Flush();
    }

    /// <summary>Sends a request, with its data, and does not wait.</summary>
    public ulong Begin(
        Command command, ulong offset, uint length, CommandFlags flags = 0, ReadOnlySpan<byte> data = default, bool flushes = true)
    {
        var request = new Request(flags, command, ++_lastCookie, offset, length);
        request.Write(Wire.Reserve(NbdSpec.RequestHeaderSize));
        Wire.Commit(NbdSpec.RequestHeaderSize);
        Wire.Write(data);
        if (flushes)
        {
            Wire.Flush();
        }

        return _lastCookie;
    }

    /// <summary>Sends a request and takes its reply, which must be to no other.</summary>
    public RawReply Do(Command command, ulong offset, uint length, CommandFlags flags = 0, ReadOnlySpan<byte> data = default) =>
        Take(Begin(command, offset, length, flags, data), command == Command.Read ? length : 0, offset);

    /// <summary>Takes a whole reply.</summary>
    public RawReply Take(ulong cookie, uint readLength, ulong offset)
    {
        byte[] data = new byte[readLength];
        data.AsSpan().Fill(0xEE);
        var chunks = new List<ChunkType>();
        var extents = new List<(uint Length, uint State)>();
        NbdError error = NbdError.None;
        while (true)
        {
            ReplyHeader header = ReplyHeader.Read(Wire);
            Assert.Equal(cookie, header.Cookie);
            if (header.Chunk is not { } chunk)
            {
                if (header.Error == NbdError.None)
                {
                    Wire.Read(data);
                }

                return new RawReply(header.Error, data, chunks, extents);
            }

            byte[] payload = new byte[header.Length];
            Wire.Read(payload);
            chunks.Add(chunk);
            switch (chunk)
            {
                case ChunkType.OffsetData:
                    payload.AsSpan(8).CopyTo(data.AsSpan((int)(BinaryPrimitives.ReadUInt64BigEndian(payload) - offset)));
                    break;
                case ChunkType.OffsetHole:
                    data.AsSpan(
                        (int)(BinaryPrimitives.ReadUInt64BigEndian(payload) - offset), (int)BinaryPrimitives.ReadUInt32BigEndian(
                            payload.AsSpan(8))).Clear();
                    break;
                case ChunkType.BlockStatus:
                    for (int at = 4; at < payload.Length; at += 8)
                    {
                        extents.Add((BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(at)), BinaryPrimitives.ReadUInt32BigEndian(
                            payload.AsSpan(at + 4))));
                    }

                    break;
                case ChunkType.Error or ChunkType.ErrorOffset:
                    error = (NbdError)BinaryPrimitives.ReadUInt32BigEndian(payload);
                    Assert.Equal(payload.Length - 6, BinaryPrimitives.ReadUInt16BigEndian(payload.AsSpan(4)));
                    break;
                default:
                    Assert.Equal(ChunkType.None, chunk);
                    break;
            }

            if (header.IsDone)
            {
                return new RawReply(error, data, chunks, extents);
            }
        }
    }

    /// <summary>Whether the server has ended the connection; what it still sends is thrown away.</summary>
    public bool WaitForEnd()
    {
        byte[] rest = new byte[4096];
        try
        {
            while (_socket.Receive(rest) > 0)
            {
            }

            return true;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.ConnectionReset;
        }
    }

    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}

/// <summary>What a server answered to one request.</summary>
internal sealed record RawReply(NbdError Error, byte[] Data, List<ChunkType> Chunks, List<(uint Length, uint State)> Extents);
