using System.Buffers.Binary;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Client;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS.Tests.Nbd;

/// <summary>What a peer may send, as bytes, and what is done with it on either side. The fuzzer starts from here too.</summary>
internal static class HostilePeer
{
    private const int DiskSize = 256 * 1024;

    /// <summary>Whole conversations of a client, none of them wrong.</summary>
    public static readonly byte[][] Clients = MakeClients();

    /// <summary>Whole conversations of a server with the client of <see cref="ExerciseClient"/>, none of them wrong.</summary>
    public static readonly byte[][] Servers = MakeServers();

    private static readonly ulong[] Borders =
    [
        0, 1, 2, 3, 4, 7, 8, 9, 12, 255, 256, 511, 512, 513, 4096, 65535, 65536, 65537, DiskSize - 1, DiskSize, DiskSize
            + 1, 0x1FFFFFF, 0x2000000, 0x2000001,
        0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 1UL << 62, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    /// <summary>One conversation of <paramref name="corpus"/>, changed in a few places.</summary>
    public static byte[] Mutate(byte[][] corpus, Random random)
    {
        List<byte> bytes = [.. corpus[random.Next(corpus.Length)]];
        for (int count = random.Next(1, 5); count > 0 && bytes.Count > 0; count--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 or 2:
                    PutBorder(bytes, at, random);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 80), bytes.Count - at)));
                    break;
                case 5:
                    byte[] other = corpus[random.Next(corpus.Length)];
                    bytes.InsertRange(at, other.AsSpan(random.Next(other.Length)).ToArray());
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Lets the server hear all of it; nothing may come of it but an end of the session.</summary>
    /// <returns>Whether the session came to requests.</returns>
    public static bool ExerciseServer(byte[] sent, MemoryDisk disk)
    {
        using var watchdog = new Watchdog(TimeSpan.FromMinutes(1), static () => { });
        var exports = new ServedExports([new NbdExport("disk", disk)]);
        using var stream = new ScriptStream(sent);
        try
        {
            NegotiatedExport? agreed = new Negotiation(
                exports, tls: null, stream, each => new Wire(each, "test", Transmission.OutputSize, watchdog)).Run();
            if (agreed is { } use)
            {
                new Transmission(use, static () => false).Run();
            }

            return agreed is not null;
        }
        catch (NbdException)
        {
            return false;
        }
    }

    /// <summary>A disk for <see cref="ExerciseServer"/>.</summary>
    public static MemoryDisk NewDisk(bool isReadOnly) => new(new byte[DiskSize]) { IsWriteProtected = isReadOnly };

    /// <summary>Lets the client hear all of it; what it gives back is what was sent for each byte, or an error.</summary>
    /// <returns>Whether the client was content to the end.</returns>
    public static bool ExerciseClient(byte[] sent)
    {
        using var watchdog = new Watchdog(TimeSpan.FromMinutes(1), static () => { });
        using var stream = new ScriptStream(sent);
        try
        {
            NbdUri uri = NbdUri.ForTcp("test", 1, "disk");
            (Wire wire, RemoteExport export) = new Handshake(
                uri, NbdClientOptions.Default, stream, each => new Wire(each, "test", Transmission.OutputSize, watchdog)).Run();
            using var connection = new Connection(wire, export, NbdClientOptions.Default, watchdog, static () => { });
            bool isContent = Read(connection, 0, 4096) && Read(connection, 100_000, 65_536);
            if (export.AllocationContextId is { } context)
            {
                var status = new PendingStatus(0, 1 << 20, context);
                connection.Submit(status);
                connection.Wait(status);
                isContent &= status.Failure is null && (status.Error != NbdError.None || status.Extents.All(extent => extent.Length > 0));
            }

            return isContent;
        }
        catch (NbdException)
        {
            return false;
        }
    }

    private static unsafe bool Read(Connection connection, long offset, int length)
    {
        // Canaries on both sides: what a server sends never lands outside what was asked for.
        byte[] buffer = new byte[length + 64];
        buffer.AsSpan().Fill(0xEE);
        fixed (byte* target = &buffer[32])
        {
            var read = new PendingRead(offset, target, length, connection.Export.HasStructuredReplies);
            connection.Submit(read);
            connection.Wait(read);
            Assert.False(buffer.AsSpan(0, 32).ContainsAnyExcept((byte)0xEE) || buffer.AsSpan(length + 32).ContainsAnyExcept((byte)0xEE));

            // No conversation here has an 0xEE among its data: where one is left, the server has not sent that byte.
            bool isContent = read.Failure is null && read.Error == NbdError.None;
            Assert.False(isContent && buffer.AsSpan(32, length).Contains((byte)0xEE));
            return isContent;
        }
    }

    private static void PutBorder(List<byte> bytes, int at, Random random)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, Borders[random.Next(Borders.Length)]);
        int size = random.Next(3) switch { 0 => 2, 1 => 4, _ => 8 };
        for (int i = 0; i < size && at + i < bytes.Count; i++)
        {
            bytes[at + i] = value[8 - size + i];
        }
    }

    private static byte[][] MakeClients()
    {
        static void Option(Wire wire, OptionCode code, DataWriter data) => OptionHeader.Write(wire, code, data.Data);
        static void Ask(Wire wire, Command command, ulong offset, uint length, CommandFlags flags = 0)
        {
            new Request(flags, command, offset + 1, offset, length).Write(wire.Reserve(NbdSpec.RequestHeaderSize));
            wire.Commit(NbdSpec.RequestHeaderSize);
            wire.Write(command == Command.Write ? new byte[length] : []);
        }

        static void Requests(Wire wire)
        {
            Ask(wire, Command.Read, 0, 4096);
            Ask(wire, Command.Write, 5, 3000);
            Ask(wire, Command.Read, 1, 100_000, CommandFlags.ForceUnitAccess);
            Ask(wire, Command.Flush, 0, 0);
            Ask(wire, Command.Trim, 512, 65_536);
            Ask(wire, Command.WriteZeroes, 700, 70_000, CommandFlags.NoHole);
            Ask(wire, Command.BlockStatus, 0, DiskSize, CommandFlags.RequestOne);
            Ask(wire, Command.BlockStatus, 1, DiskSize - 1);
            Ask(wire, Command.Read, 512, DiskSize - 512, CommandFlags.DontFragment);
            Ask(wire, Command.Disconnect, 0, 0);
        }

        return
        [
            Record(wire =>
            {
                wire.WriteUInt32(3);
                Option(wire, OptionCode.StructuredReply, new DataWriter());
                Option(wire, OptionCode.SetMetaContext, new DataWriter().String("disk").UInt32(1).String("base:allocation"));
                Option(wire, OptionCode.Go, new DataWriter().String("disk").UInt16(1).UInt16(3));
                Requests(wire);
            }),
            Record(wire =>
            {
                wire.WriteUInt32(1);
                Option(wire, OptionCode.ExportName, new DataWriter().Text("disk"));
                Requests(wire);
            }),
            Record(wire =>
            {
                wire.WriteUInt32(3);
                Option(wire, OptionCode.List, new DataWriter());
                Option(wire, OptionCode.StartTls, new DataWriter());
                Option(wire, OptionCode.Info, new DataWriter().String("disk").UInt16(3).UInt16(0).UInt16(1).UInt16(3));
                Option(wire, OptionCode.ListMetaContext, new DataWriter().String("disk").UInt32(2).String("base:").String("x:y"));
                Option(wire, OptionCode.Abort, new DataWriter());
            }),
        ];
    }

    private static byte[][] MakeServers()
    {
        static void Reply(Wire wire, OptionCode code, OptionReplyType type, DataWriter? data = null) =>
            OptionReply.Write(wire, code, type, data is null ? [] : data.Data);
        static void Chunk(Wire wire, ulong cookie, ChunkType type, bool isDone, DataWriter data, int zeroCount = 0)
        {
            wire.Commit(ReplyHeader.OfChunk(cookie, type, isDone, (uint)(data.Data.Length + zeroCount)).Write(
                wire.Reserve(NbdSpec.ChunkHeaderSize)));
            wire.Write(data.Data);
            wire.Write(new byte[zeroCount]);
        }

        static void Greet(Wire wire)
        {
            wire.WriteUInt64(NbdSpec.ServerMagic);
            wire.WriteUInt64(NbdSpec.OptionMagic);
            wire.WriteUInt16(3);
        }

        return
        [
            Record(wire =>
            {
                Greet(wire);
                Reply(wire, OptionCode.StructuredReply, OptionReplyType.Ack);
                Reply(wire, OptionCode.SetMetaContext, OptionReplyType.MetaContext, new DataWriter().UInt32(7).Text("base:allocation"));
                Reply(wire, OptionCode.SetMetaContext, OptionReplyType.Ack);
                Reply(wire, OptionCode.Go, OptionReplyType.Info, new DataWriter().UInt16(3).UInt32(1).UInt32(4096).UInt32(1 << 25));
                Reply(wire, OptionCode.Go, OptionReplyType.Info, new DataWriter().UInt16(0).UInt64(1 << 20).UInt16(0x10D));
                Reply(wire, OptionCode.Go, OptionReplyType.Ack);
                Chunk(wire, 1, ChunkType.OffsetData, isDone: true, new DataWriter().UInt64(0), 4096);
                Chunk(wire, 2, ChunkType.OffsetHole, isDone: false, new DataWriter().UInt64(150_000).UInt32(15_536));
                Chunk(wire, 2, ChunkType.OffsetData, isDone: false, new DataWriter().UInt64(100_000), 30_000);
                Chunk(wire, 2, ChunkType.OffsetData, isDone: false, new DataWriter().UInt64(130_000), 20_000);
                Chunk(wire, 2, ChunkType.None, isDone: true, new DataWriter());
                Chunk(wire, 3, ChunkType.BlockStatus, isDone: true, new DataWriter().UInt32(7).UInt32(4096).UInt32(0).UInt32(1044480)
                    .UInt32(3));
            }),
            Record(wire =>
            {
                Greet(wire);
                Reply(wire, OptionCode.StructuredReply, OptionReplyType.Unsupported, new DataWriter().Text("no"));
                Reply(wire, OptionCode.Go, OptionReplyType.Unsupported);
                wire.WriteUInt64(1 << 20);
                wire.WriteUInt16(3);
                foreach (int length in new[] { 4096, 65_536 })
                {
                    wire.Commit(ReplyHeader.Simple(length == 4096 ? 1UL : 2UL, NbdError.None).Write(wire.Reserve(NbdSpec.SimpleReplySize)));
                    wire.Write(new byte[length]);
                }
            }),
            Record(wire =>
            {
                Greet(wire);
                Reply(wire, OptionCode.StructuredReply, OptionReplyType.Ack);
                Reply(wire, OptionCode.SetMetaContext, OptionReplyType.MetaContext, new DataWriter().UInt32(0).Text("base:allocation"));
                Reply(wire, OptionCode.SetMetaContext, OptionReplyType.Ack);
                Reply(wire, OptionCode.Go, OptionReplyType.Info, new DataWriter().UInt16(0).UInt64(1 << 20).UInt16(1));
                Reply(wire, OptionCode.Go, OptionReplyType.Ack);
                Chunk(wire, 1, ChunkType.OffsetData, isDone: true, new DataWriter().UInt64(0), 4096);
                Chunk(wire, 2, ChunkType.OffsetHole, isDone: true, new DataWriter().UInt64(100_000).UInt32(65_536));
                Chunk(wire, 3, ChunkType.Error, isDone: true, new DataWriter().UInt32(22).UInt16(2).Text("no"));
            }),
        ];
    }

    private static byte[] Record(Action<Wire> write)
    {
        using var memory = new MemoryStream();
        var wire = new Wire(memory, "test", 1024 * 1024);
        write(wire);
        wire.Flush();
        return memory.ToArray();
    }
}
