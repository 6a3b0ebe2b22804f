using VhdPS.Engine.Disks;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Client;
using VhdPS.Tests.Disks;

namespace VhdPS.Tests.Nbd;

/// <summary>Disks of servers, good and bad, as sources.</summary>
public sealed class NbdSourceTests
{
    private static readonly NbdClientOptions Impatient = new()
    {
        ConnectLimit = TimeSpan.FromMilliseconds(300),
        ReplyLimit = TimeSpan.FromMilliseconds(300),
    };

    [Theory]
    [InlineData("scattered", 9_000_000)]
    [InlineData("full", 3_000_000)]
    [InlineData("sectors", 4_321_001)]
    [InlineData("empty", 1_000_000)]
    [InlineData("last", 512)]
    [InlineData("last", 1)]
    public void WhatOurServerServesOurClientReads(string content, int size)
    {
        byte[] disk = DiskModel.Make(content, size);
        using var served = new ServedDisk(new MemoryDisk((byte[])disk.Clone()));
        using NbdSource source = NbdSource.Open(served.Uri);
        AssertIs(disk, source);
        Assert.Equal(content == "empty" ? 0 : 1, Math.Sign(source.CountDataBytes(0, size)));
    }

    [Fact]
    public void AnEmptyExportIsAnEmptyDisk()
    {
        using var served = new ServedDisk(new MemoryDisk([]));
        using NbdSource source = NbdSource.Open(served.Uri);
        Assert.Equal((0, 0, 0), (source.SizeBytes, source.SectorCount, source.CountDataBytes(0, 0)));
        source.ReadAt(0, new byte[512]);
    }

    [Theory]
    [InlineData(true, 1u, 32u << 20)]
    [InlineData(true, 512u, 1u << 20)]
    [InlineData(true, 4096u, 65536u)]
    [InlineData(false, 65536u, 65536u)]
    [InlineData(false, 1u, 100_000u)]
    [InlineData(false, 512u, 512u)]
    public void ServersOfAllBlockSizesAreRead(bool isStructured, uint minBlockSize, uint maxPayload)
    {
        byte[] disk = DiskModel.Make("full", 4 * 65536);
        using var server = new FakeServer(session =>
        {
            session.Agree(disk.Length, isStructured: isStructured, minBlockSize: minBlockSize, maxPayload: maxPayload);
            while (session.Next() is { } request)
            {
                // What does not keep to the server's sizes is not answered.
                Assert.Equal(Command.Read, request.Command);
                if (request.Offset % minBlockSize != 0 || request.Length % minBlockSize != 0 || request.Length > maxPayload
                    || request.Length == 0)
                {
                    return;
                }

                session.Answer(request, disk, isStructured);
            }
        });
        using NbdSource source = NbdSource.Open(server.Uri);
        AssertIs(disk, source);
    }

    [Fact]
    public void AServerThatIsOldIsAskedInTheOldWay()
    {
        byte[] disk = DiskModel.Make("full", 100_000);
        using var server = new FakeServer(session =>
        {
            Wire wire = session.Wire;
            wire.WriteUInt64(NbdSpec.ServerMagic);
            wire.WriteUInt64(NbdSpec.OptionMagic);
            wire.WriteUInt16(1);
            wire.Flush();
            Assert.Equal(1u, wire.ReadUInt32());
            for (OptionHeader option = OptionHeader.Read(wire); option.Code != OptionCode.ExportName; option = OptionHeader.Read(wire))
            {
                wire.Skip(option.Length);
                OptionReply.Write(wire, option.Code, OptionReplyType.Unsupported, []);
                wire.Flush();
            }

            Assert.Equal("disk"u8.ToArray(), wire.Take(4).ToArray());
            wire.WriteUInt64((ulong)disk.Length);
            wire.WriteUInt16(1);
            wire.Write(new byte[124]);
            wire.Flush();
            while (session.Next() is { } request)
            {
                session.Answer(request, disk, isStructured: false);
            }
        });
        using NbdSource source = NbdSource.Open(server.Uri);
        AssertIs(disk, source);
    }

    [Fact]
    public void SeveralConnectionsAreUsedWhereTheServerAllowsThem()
    {
        byte[] disk = DiskModel.Make("full", 4 << 20);
        foreach (bool isAllowed in new[] { true, false })
        {
            using var together = new CountdownEvent(isAllowed ? 3 : 1);
            using var server = new FakeServer(session =>
            {
                session.Agree(disk.Length, flags: isAllowed ? (ushort)0x101 : (ushort)1);
                while (session.Next() is { } request)
                {
                    // The replies come when three connections have been asked, or never.
                    if (!together.IsSet)
                    {
                        together.Signal();
                        together.Wait();
                    }

                    session.Answer(request, disk);
                }
            });
            using NbdSource source = NbdSource.Open(server.Uri, new NbdClientOptions { MaxConnectionCount = 3 });
            byte[] read = new byte[disk.Length];
            source.ReadAt(0, read);
            Assert.Equal(disk, read);
            Assert.Equal(isAllowed ? 3 : 1, server.ConnectionCount);
        }
    }

    [Fact]
    public void RepliesMayComeInAnyOrderAndInPieces()
    {
        byte[] disk = DiskModel.Make("full", 6 << 20);
        using var server = new FakeServer(session =>
        {
            session.Agree(disk.Length, flags: 1);
            var waiting = new Stack<Request>();
            while (session.Next() is { } request)
            {
                waiting.Push(request);
                for (int i = waiting.Count == 6 ? 6 : 0; i > 0; i--)
                {
                    Request last = waiting.Pop();
                    for (int end = (int)last.Length; end > 0; end -= Math.Min(end, 70_001))
                    {
                        int start = Math.Max(0, end - 70_001);
                        session.Chunk(last, ChunkType.OffsetData, start == 0, [
                            .. new DataWriter().UInt64(last.Offset + (ulong)start).Data, .. disk.AsSpan(
                                (int)last.Offset + start, end - start)]);
                    }
                }
            }
        });
        using NbdSource source = NbdSource.Open(server.Uri);
        byte[] read = new byte[disk.Length];
        source.ReadAt(0, read);
        Assert.Equal(disk, read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AConnectionThatIsLostIsMadeOnceMore(bool isMultiple)
    {
        byte[] disk = DiskModel.Make("full", 9 << 20);
        int lost = 0;
        using var server = new FakeServer(session =>
        {
            session.Agree(disk.Length, flags: isMultiple ? (ushort)0x101 : (ushort)1);
            for (int count = 0; session.Next() is { } request; count++)
            {
                if (count == 1 && Interlocked.Increment(ref lost) <= (isMultiple ? 2 : 1))
                {
                    // In the middle of a reply.
                    session.Wire.Commit(ReplyHeader.OfChunk(request.Cookie, ChunkType.OffsetData, isDone: true, request.Length + 8).Write(
                        session.Wire.Reserve(20)));
                    session.Wire.WriteUInt64(request.Offset);
                    session.Wire.Write(new byte[1000]);
                    session.Wire.Flush();
                    return;
                }

                session.Answer(request, disk);
            }
        });
        using NbdSource source = NbdSource.Open(server.Uri);
        byte[] read = new byte[3 << 20];
        for (int part = 0; part < 3; part++)
        {
            source.ReadAt(part * read.Length, read);
            Assert.True(read.AsSpan().SequenceEqual(disk.AsSpan(part * read.Length, read.Length)));
        }

        Assert.True(lost >= (isMultiple ? 2 : 1));
    }

    [Fact]
    public void AServerThatIsGoneIsNotAskedForEver()
    {
        using var server = new FakeServer(session =>
        {
            session.Agree(1 << 20);
            session.Next();
        });
        using NbdSource source = NbdSource.Open(server.Uri);
        NbdException error = Assert.Throws<NbdException>(() => source.ReadAt(0, new byte[4096]));
        Assert.Equal(NbdFault.ConnectionLost, error.Fault);
        Assert.InRange(server.ConnectionCount, 2, 3);
        server.Dispose();
        Assert.Equal(NbdFault.Unreachable, Assert.Throws<NbdException>(() => source.ReadAt(0, new byte[4096])).Fault);
    }

    [Fact]
    public void ADiskThatIsAnotherAfterwardsIsRefused()
    {
        using var server = new FakeServer(session =>
        {
            session.Agree(session.Number == 1 ? 1 << 20 : 1 << 21);
            session.Next();
        });
        using NbdSource source = NbdSource.Open(server.Uri);
        Assert.Equal(NbdFault.ExportChanged, Assert.Throws<NbdException>(() => source.ReadAt(0, new byte[4096])).Fault);
    }

    [Fact]
    public void AnErrorOfTheServerIsTheReadersError()
    {
        using var server = new FakeServer(session =>
        {
            session.Agree(1 << 20);
            while (session.Next() is { } request)
            {
                session.Chunk(
                    request, ChunkType.Error, isDone: true, new DataWriter().UInt32(5).UInt16(10).Text("bad\u001b[31mx\n").Data.ToArray());
            }
        });
        using NbdSource source = NbdSource.Open(server.Uri);
        NbdException error = Assert.Throws<NbdException>(() => source.ReadAt(4096, new byte[512]));
        Assert.Equal(NbdFault.RequestFailed, error.Fault);
        Assert.EndsWith("could not read 512 bytes at offset 4096: error 5: bad?[31mx?.", error.Message, StringComparison.Ordinal);
        Assert.StartsWith(server.Uri.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal(1, server.ConnectionCount);
    }

    [Fact]
    public void ZerosAreWhatTheServerSaysAndNothingElse()
    {
        // Extents of no whole sectors, one that passes what was asked for, holes whose content is not said, and a refusal.
        (uint Length, uint State)[] told = [(1000, 2), (3000, 0), (96, 3), (1024, 3), (4000, 1), (5000, 3), (100, 0), (10_000, 2)];
        int asked = 0;
        byte[] disk = new byte[24_321];
        int at = 0;
        foreach ((uint length, uint state) in told)
        {
            disk.AsSpan(at, (int)length).Fill((state & 2) != 0 ? (byte)0 : (byte)7);
            at += (int)length;
        }

        disk.AsSpan(at).Fill(7);
        using var server = new FakeServer(session =>
        {
            session.Agree(disk.Length, hasAllocation: true);
            while (session.Next() is { } request)
            {
                if (request.Command == Command.Read)
                {
                    session.Answer(request, disk);
                }
                else if (request.Offset == 0)
                {
                    asked++;
                    var data = new DataWriter().UInt32(1);
                    foreach ((uint length, uint state) in told)
                    {
                        data.UInt32(length).UInt32(state);
                    }

                    session.Chunk(request, ChunkType.BlockStatus, isDone: true, data.Data.ToArray());
                }
                else
                {
                    session.Chunk(request, ChunkType.Error, isDone: true, new DataWriter().UInt32(95).UInt16(0).Data.ToArray());
                }
            }
        });
        using NbdSource source = NbdSource.Open(server.Uri);
        AssertIs(disk, source);
        Assert.Equal(2, asked);
        List<DiskExtent> extents = Extents(source);
        Assert.Contains(new DiskExtent(0, 512, IsZero: true), extents);
        Assert.True(extents.Where(extent => extent.IsZero).Sum(extent => extent.Length) > 14_000);
    }

    public static TheoryData<string> BadServerNames => [.. BadServers().Keys];

    [Theory]
    [MemberData(nameof(BadServerNames))]
    public void AServerThatDepartsFromTheProtocolIsNamed(string what)
    {
        (Action<FakeSession> serve, NbdFault fault) = BadServers()[what];
        using var server = new FakeServer(session =>
        {
            serve(session);
            if (fault == NbdFault.TimedOut)
            {
                session.Wire.WaitForInput();
            }
        });
        NbdException error = Assert.Throws<NbdException>(() =>
        {
            using NbdSource source = NbdSource.Open(server.Uri, fault == NbdFault.TimedOut ? Impatient : null);
            source.ReadAt(8192, new byte[4096]);
        });
        Assert.True(fault == error.Fault, $"{what}: {error}");
        Assert.StartsWith(server.Uri.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal(fault == NbdFault.ProtocolViolation, error.Expected is not null && error.Found is not null);
    }

    [Fact]
    public async Task CancellingEndsWhatWaits()
    {
        using var reading = new ManualResetEventSlim();
        using var server = new FakeServer(session =>
        {
            session.Agree(1 << 20);
            session.Next();
            reading.Set();
            session.Wire.WaitForInput();
        });
        using var cancellation = new CancellationTokenSource();
        using NbdSource source = NbdSource.Open(server.Uri, cancellation: cancellation.Token);
        Task[] readers = [.. Enumerable.Range(0, 3).Select(
            _ => Task.Factory.StartNew(() => source.ReadAt(0, new byte[4096]), TaskCreationOptions.LongRunning))];
        Assert.True(reading.Wait(TimeSpan.FromSeconds(60)));
        await cancellation.CancelAsync();
        foreach (Task reader in readers)
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => reader);
        }

        Assert.Throws<OperationCanceledException>(() => source.ReadAt(0, new byte[4096]));
    }

    [Fact]
    public async Task CancellingEndsAHandshake()
    {
        using var connected = new ManualResetEventSlim();
        using var server = new FakeServer(session =>
        {
            connected.Set();
            session.Wire.WaitForInput();
        });
        using var cancellation = new CancellationTokenSource();
        Task<NbdSource> opening = Task.Factory.StartNew(
            () => NbdSource.Open(server.Uri, cancellation: cancellation.Token), TaskCreationOptions.LongRunning);
        Assert.True(connected.Wait(TimeSpan.FromSeconds(60)));
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => opening);
    }

    [Theory]
    [InlineData("nbd+unix:///x?socket=/no/such/socket")]
    [InlineData("nbd://127.0.0.1:1/x")]
    [InlineData("nbd://name.invalid/x")]
    public void WhereThereIsNoServerTheAddressIsNamed(string uri)
    {
        NbdException error = Assert.Throws<NbdException>(() => NbdSource.Open(NbdUri.Parse(uri)));
        Assert.Equal((NbdFault.Unreachable, uri), (error.Fault, error.Uri));
    }

    [Fact]
    public void AnExportThatIsNotThereIsNamed()
    {
        using var served = new ServedDisk([new("a", new MemoryDisk(new byte[512])), new("b", new MemoryDisk(new byte[512]))]);
        foreach (string name in new[] { "c", string.Empty, "../a" })
        {
            Assert.Equal(NbdFault.ExportNotFound, Assert.Throws<NbdException>(() => NbdSource.Open(served.Uri.WithExportName(name))).Fault);
        }
    }

    [Fact]
    public void PartsThatHaveComeAreKnownInAnyOrder()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            int length = random.Next(1, 200);
            var range = new CoveredRange(length);
            bool[] model = new bool[length];
            while (model.Contains(false))
            {
                int start = random.Next(length), count = random.Next(1, Math.Min(20, length - start) + 1);
                bool isFree = !model.AsSpan(start, count).Contains(true);
                Assert.Equal(isFree, range.TryAdd(start, count));
                model.AsSpan(start, isFree ? count : 0).Fill(true);
                Assert.Equal(!model.Contains(false), range.IsWhole);
            }
        }
    }

    private static Dictionary<string, (Action<FakeSession> Serve, NbdFault Fault)> BadServers()
    {
        static Action<FakeSession> Reading(Action<FakeSession, Request> reply) => session =>
        {
            session.Agree(1 << 20);
            while (session.Next() is { } request)
            {
                reply(session, request);
                session.Wire.Flush();
            }
        };
        static byte[] Data(Request request, int shift, int length) =>
            [.. new DataWriter().UInt64(unchecked(request.Offset + (ulong)shift)).Data, .. new byte[length]];
        static byte[] Hole(ulong offset, uint length) => new DataWriter().UInt64(offset).UInt32(length).Data.ToArray();
        return new()
        {
            ["says nothing"] = (session => session.Wire.WaitForInput(), NbdFault.TimedOut),
            ["leaves at once"] = (_ => { }, NbdFault.ConnectionLost),
            ["greets by another name"] = (session => Say(session, "SSH-2.0-OpenSSH_9.2\r\n"u8), NbdFault.ProtocolViolation),
            ["knows the old handshake alone"] = (
                session => Say(session, [.. "NBDMAGIC"u8, 0, 0, 0x42, 2, 0x81, 0x86, 0x12, 0x53, .. new byte[136]]), NbdFault.Refused),
            ["knows no replies to options"] = (session => Say(session, [.. "NBDMAGICIHAVEOPT"u8, 0, 2]), NbdFault.Refused),
            ["answers another option"] = (session => Answer(session, OptionCode.Go, OptionReplyType.Ack), NbdFault.ProtocolViolation),
            ["answers without end"] = (
                session => Answer(session, OptionCode.StructuredReply, OptionReplyType.Ack, 65_537), NbdFault.ProtocolViolation),
            ["wants encryption"] = (
                session => Answer(session, OptionCode.StructuredReply, OptionReplyType.TlsRequired), NbdFault.EncryptionRequired),
            ["has a negative size"] = (session => session.Agree(-1), NbdFault.ProtocolViolation),
            ["has blocks of 3 bytes"] = (session => session.Agree(1, minBlockSize: 3), NbdFault.ProtocolViolation),
            ["has blocks of nothing"] = (session => session.Agree(1, minBlockSize: 0), NbdFault.ProtocolViolation),
            ["has blocks of 128 KiB"] = (session => session.Agree(1, minBlockSize: 131_072), NbdFault.ProtocolViolation),
            ["gives less than a block"] = (session => session.Agree(1, minBlockSize: 4096, maxPayload: 2048), NbdFault.ProtocolViolation),
            ["never replies"] = (Reading((_, _) => { }), NbdFault.TimedOut),
            ["replies with garbage"] = (Reading((session, _) => session.Wire.Write(new byte[64])), NbdFault.ProtocolViolation),
            ["replies to another"] = (Reading(
                (session, request) => session.Chunk(request with { Cookie = 99 }, ChunkType.None, true, [])), NbdFault.ProtocolViolation),
            ["replies simply"] = (
                Reading((session, request) => session.Answer(request, new byte[1 << 20], isStructured: false)), NbdFault.ProtocolViolation),
            ["replies with nothing"] = (
                Reading((session, request) => session.Chunk(request, ChunkType.None, true, [])), NbdFault.ProtocolViolation),
            ["replies with less"] = (Reading((session, request) => session.Chunk(
                request, ChunkType.OffsetData, true, Data(request, 0, 4095))), NbdFault.ProtocolViolation),
            ["replies with more"] = (Reading((session, request) => session.Chunk(
                request, ChunkType.OffsetData, true, Data(request, 0, 4097))), NbdFault.ProtocolViolation),
            ["replies from before"] = (Reading((session, request) => session.Chunk(
                request, ChunkType.OffsetData, true, Data(request, -1, 4096))), NbdFault.ProtocolViolation),
            ["replies from after"] = (Reading((session, request) => session.Chunk(
                request, ChunkType.OffsetData, true, Data(request, 1, 4096))), NbdFault.ProtocolViolation),
            ["replies with a hole of nothing"] = (Reading((session, request) => session.Chunk(
                request, ChunkType.OffsetHole, true, Hole(request.Offset, 0))), NbdFault.ProtocolViolation),
            ["replies with a hole of 4 GiB"] = (Reading((session, request) => session.Chunk(
                request, ChunkType.OffsetHole, true, Hole(request.Offset, uint.MaxValue))), NbdFault.ProtocolViolation),
            ["replies twice with the same"] = (Reading((session, request) =>
                {
                    session.Chunk(request, ChunkType.OffsetData, false, Data(request, 0, 2048));
                    session.Chunk(request, ChunkType.OffsetData, true, Data(request, 0, 2048));
                }), NbdFault.ProtocolViolation),
            ["replies with what is not asked"] = (Reading(
                (session, request) => session.Chunk(request, ChunkType.BlockStatus, true, new byte[12])), NbdFault.ProtocolViolation),
            ["replies with no error"] = (
                Reading((session, request) => session.Chunk(request, ChunkType.Error, true, new byte[6])), NbdFault.ProtocolViolation),
            ["replies with an endless error"] = (Reading((session, request) => session.Chunk(
                request, ChunkType.Error, true, new DataWriter().UInt32(5).UInt16(9).Data.ToArray())), NbdFault.ProtocolViolation),
            ["replies with errors without end"] = (Reading((session, request) =>
                {
                    for (int i = 0; i < 2000; i++)
                    {
                        session.Chunk(request, ChunkType.Error, false, new DataWriter().UInt32(5).UInt16(0).Data.ToArray());
                    }
                }), NbdFault.ProtocolViolation),
            ["replies byte by byte and stops"] = (Reading((session, request) =>
                {
                    byte[] reply = Data(request, 0, 100);
                    session.Wire.Commit(
                        ReplyHeader.OfChunk(request.Cookie, ChunkType.OffsetData, true, 4104).Write(session.Wire.Reserve(20)));
                    foreach (byte value in reply)
                    {
                        session.Wire.Write([value]);
                        session.Wire.Flush();
                    }
                }), NbdFault.TimedOut),
        };
    }

    private static void Say(FakeSession session, ReadOnlySpan<byte> bytes)
    {
        session.Wire.Write(bytes);
        session.Wire.Flush();
        session.Wire.WaitForInput();
    }

    private static void Answer(FakeSession session, OptionCode code, OptionReplyType type, int length = 0)
    {
        session.Wire.Write("NBDMAGICIHAVEOPT\0\u0003"u8);
        OptionReply.Write(session.Wire, code, type, new byte[length]);
        session.Wire.Flush();
        while (session.Wire.WaitForInput())
        {
            session.Wire.Skip(session.Wire.Received.Length);
        }
    }

    private static List<DiskExtent> Extents(NbdSource source)
    {
        var extents = new List<DiskExtent>();
        for (long at = 0; at < source.SizeBytes; at = extents[^1].End)
        {
            extents.Add(source.FindExtent(at));
            Assert.Equal((at, 0), (extents[^1].Offset, extents[^1].Length % 512));
            Assert.True(extents[^1].Length > 0);
        }

        return extents;
    }

    /// <summary>Reads from several threads, at places and lengths of all kinds, and holds the extents against the content.</summary>
    private static void AssertIs(byte[] disk, NbdSource source)
    {
        Assert.Equal(disk.Length, source.SizeBytes);
        byte[] padded = new byte[((disk.Length + 511) / 512 * 512) + (8 * 512)];
        disk.CopyTo(padded, 0);
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 4 }, seed =>
        {
            var random = new Random(seed);
            int sector = random.Next((int)source.SectorCount + 1), longest = random.Next(3) switch { 0 => 8, 1 => 300, _ => 10_000 };
            int count = seed == 0 ? padded.Length / 512 : random.Next(0, Math.Min(longest, (padded.Length / 512) - sector) + 1);
            sector = seed == 0 ? 0 : sector;
            byte[] buffer = new byte[count * 512];
            buffer.AsSpan().Fill(0xEE);
            source.ReadAt(sector * 512L, buffer);
            Assert.True(buffer.AsSpan().SequenceEqual(padded.AsSpan(sector * 512, buffer.Length)), $"{count} sectors at {sector}");
        });
        List<DiskExtent> extents = Extents(source);
        Assert.Equal(source.SectorCount * 512, extents.Sum(extent => extent.Length));
        Assert.All(extents, extent => Assert.False(
            extent.IsZero && padded.AsSpan((int)extent.Offset, (int)extent.Length).ContainsAnyExcept((byte)0)));
        long half = source.SectorCount / 2 * 512;
        Assert.Equal(
            source.CountDataBytes(0, source.SizeBytes), source.CountDataBytes(0, half) + source.CountDataBytes(half, source.SizeBytes));
    }
}
