using VhdPS.Engine.Files;
using VhdPS.Engine.Nbd;

namespace VhdPS.Tests.Nbd;

/// <summary>What the server does with requests, right and wrong, against a disk in memory.</summary>
public sealed class TransmissionTests
{
    private const int Size = (3 * 1024 * 1024) + 4096;

    [Theory]
    [InlineData(512, true, 1)]
    [InlineData(512, false, 2)]
    [InlineData(4096, true, 3)]
    [InlineData(4096, false, 4)]
    public void AnyBytesCanBeReadAndWritten(int sectorSize, bool isStructured, int seed)
    {
        var random = new Random(seed);
        byte[] model = new byte[Size];
        var disk = new MemoryDisk(new byte[Size], sectorSize);
        using (var served = new ServedDisk(disk))
        using (RawClient client = served.Use(isStructured))
        {
            for (int i = 0; i < 600; i++)
            {
                (int offset, int length) = NextRange(random, sectorSize);
                Span<byte> range = model.AsSpan(offset, length);
                CommandFlags fua = random.Next(4) == 0 ? CommandFlags.ForceUnitAccess : CommandFlags.None;
                switch (random.Next(5))
                {
                    case 0:
                        range.Clear();
                        CommandFlags flags = fua | (random.Next(2) == 0 ? CommandFlags.NoHole : CommandFlags.None);
                        Assert.Equal(NbdError.None, client.Do(Command.WriteZeroes, (ulong)offset, (uint)length, flags).Error);
                        break;
                    case 1:
                        // The double discards to zeros, and whole sectors only.
                        int start = (offset + sectorSize - 1) / sectorSize * sectorSize, end = (offset + length) / sectorSize * sectorSize;
                        model.AsSpan(start, Math.Max(0, end - start)).Clear();
                        Assert.Equal(NbdError.None, client.Do(Command.Trim, (ulong)offset, (uint)length, fua).Error);
                        break;
                    case 2:
                        random.NextBytes(range);
                        Assert.Equal(NbdError.None, client.Do(Command.Write, (ulong)offset, (uint)length, fua, range).Error);
                        break;
                    default:
                        CommandFlags fragments = isStructured && random.Next(2) == 0 ? CommandFlags.DontFragment : CommandFlags.None;
                        RawReply read = client.Do(Command.Read, (ulong)offset, (uint)length, fragments);
                        Assert.Equal(NbdError.None, read.Error);
                        AssertSame(range, read.Data);
                        Assert.True(fragments == CommandFlags.None || read.Chunks.Count(chunk => chunk != ChunkType.None) == 1);
                        continue;
                }

                if (fua != CommandFlags.None)
                {
                    AssertSame(model, disk.Durable);
                }
            }
        }

        AssertSame(model, disk.Content);
        AssertSame(model, disk.Durable);
        Assert.False(disk.WasMisused);
        Assert.True(disk.IsDisposed);
    }

    [Fact]
    public async Task RequestsThatArriveTogetherAreAnsweredInTheirOrder()
    {
        var random = new Random(5);
        byte[] model = new byte[Size];
        random.NextBytes(model);
        var disk = new MemoryDisk((byte[])model.Clone());
        using var served = new ServedDisk(disk);
        using RawClient client = served.Use();
        for (int round = 0; round < 20; round++)
        {
            var reads = new List<(ulong Cookie, int Offset, int Length, byte[] Expected)>();
            for (int i = 0; i < 40; i++)
            {
                (int offset, int length) = NextRange(random, 512);
                length = Math.Min(length, 100_000);
                if (random.Next(3) == 0)
                {
                    random.NextBytes(model.AsSpan(offset, length));
                    reads.Add((client.Begin(
                        Command.Write, (ulong)offset, (uint)length, 0, model.AsSpan(offset, length), flushes: false), offset, 0, []));
                }
                else
                {
                    reads.Add((client.Begin(Command.Read, (ulong)offset, (uint)length, flushes: false), offset, length, model[
                        offset..(offset + length)]));
                }
            }

            // The client does not read while it sends: the server must take all of it without being read from.
            Task sending = Task.Run(client.Wire.Flush);
            foreach ((ulong cookie, int offset, int length, byte[] expected) in reads)
            {
                RawReply reply = client.Take(cookie, (uint)length, (ulong)offset);
                Assert.Equal(NbdError.None, reply.Error);
                AssertSame(expected, reply.Data);
            }

            await sending;
        }
    }

    public static TheoryData<ushort, ulong, uint, ushort, uint> Faults => new()
    {
        { 0, Size, 1, 0, 22 },
        { 0, Size - 1, 2, 0, 22 },
        { 0, ulong.MaxValue, 1, 0, 22 },
        { 0, ulong.MaxValue - 511, 512, 0, 22 },
        { 0, 1UL << 63, 512, 0, 22 },
        { 0, 0, (32 << 20) + 1, 0, 22 },
        { 0, 0, uint.MaxValue, 0, 22 },
        { 0, 0, 512, 2, 22 },
        { 0, 0, 512, 8, 22 },
        { 0, 0, 512, 0x8000, 22 },
        { 1, Size, 1, 0, 28 },
        { 1, Size - 1, 2, 0, 28 },
        { 1, ulong.MaxValue, 1, 0, 28 },
        { 1, 0, (32 << 20) + 1, 0, 22 },
        { 1, 0, 512, 2, 22 },
        { 1, 0, 512, 4, 22 },
        { 3, 0, 0, 2, 22 },
        { 4, 0, Size + 1, 0, 22 },
        { 4, 0, 1, 2, 22 },
        { 5, 0, 512, 0, 22 },
        { 6, 0, Size + 1, 0, 28 },
        { 6, Size - 1, uint.MaxValue, 2, 28 },
        { 6, 0, 1, 8, 22 },
        { 7, 0, 0, 0, 22 },
        { 7, 0, Size + 1, 0, 22 },
        { 7, Size, 1, 0, 22 },
        { 7, 0, 1, 2, 22 },
        { 8, 0, 0, 0, 22 },
        { 0xFFFF, ulong.MaxValue, uint.MaxValue, 0xFFFF, 22 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void ARequestThatCannotBeIsRefusedAndTheNextOneIsHeard(ushort command, ulong offset, uint length, ushort flags, uint expected)
    {
        var disk = new MemoryDisk(new byte[Size]);
        using var served = new ServedDisk(disk);
        foreach (bool isStructured in new[] { true, false })
        {
            using RawClient client = served.Use(isStructured);
            ulong cookie = client.Begin((Command)command, offset, length, (CommandFlags)flags, command == 1 ? new byte[length] : []);
            RawReply reply = client.Take(cookie, 0, offset);
            Assert.Equal(expected, (uint)reply.Error);
            Assert.Equal(isStructured ? [ChunkType.Error] : [], reply.Chunks);
            Assert.Equal(NbdError.None, client.Do(Command.Read, 0, 512).Error);
        }

        Assert.False(disk.Content.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void AReadOnlyExportIsNotWritten()
    {
        var disk = new MemoryDisk(new byte[4096]) { IsWriteProtected = true, WriteFailure = new InvalidOperationException("written") };
        using var served = new ServedDisk(disk);
        using RawClient client = served.Use();
        foreach (Command command in new[] { Command.Write, Command.Trim, Command.WriteZeroes })
        {
            Assert.Equal(NbdError.NotPermitted, client.Do(command, 0, 512, 0, command == Command.Write ? new byte[512] : []).Error);
        }

        Assert.Equal(NbdError.None, client.Do(Command.Flush, 0, 0).Error);
    }

    [Fact]
    public void RequestsOfNothingDoNothing()
    {
        using var served = new ServedDisk(new MemoryDisk(new byte[Size]));
        foreach (bool isStructured in new[] { true, false })
        {
            using RawClient client = served.Use(isStructured);
            foreach (Command command in new[] { Command.Read, Command.Write, Command.Trim, Command.WriteZeroes })
            {
                Assert.Equal(NbdError.None, client.Do(command, Size, 0).Error);
            }
        }
    }

    [Fact]
    public void AFlushPutsWhatWasWrittenOnTheMediumWhoeverWroteIt()
    {
        var disk = new MemoryDisk(new byte[Size]);
        using var served = new ServedDisk(disk);
        using RawClient writer = served.Use(), flusher = served.Use(isStructured: false);
        writer.Do(Command.Write, 7, 3, 0, "abc"u8);
        Assert.Equal(0, disk.Durable[7]);
        Assert.Equal(NbdError.None, flusher.Do(Command.Flush, 0, 0).Error);
        Assert.Equal("abc"u8.ToArray(), disk.Durable[7..10]);

        // Nothing new, nothing to do.
        int count = disk.FlushCount;
        Assert.Equal(NbdError.None, writer.Do(Command.Flush, 0, 0).Error);
        Assert.Equal(count, disk.FlushCount);
    }

    [Fact]
    public void AWriterThatLeavesIsFlushed()
    {
        var disk = new MemoryDisk(new byte[Size]);
        using var served = new ServedDisk(disk);
        using (RawClient client = served.Use())
        {
            client.Do(Command.Write, 0, 1, 0, "x"u8);
            Assert.Equal(0, disk.Durable[0]);
        }

        served.AssertNoClients();
        Assert.Equal((byte)'x', disk.Durable[0]);
    }

    public static TheoryData<Exception, uint> WriteFailures => new()
    {
        { new ImageIOException("memory", ImageIOOperation.Write, 0, new IOException("full", 28)), 28 },
        { new ImageIOException("memory", ImageIOOperation.Write, 0, new IOException("quota", 122)), 28 },
        { new ImageIOException("memory", ImageIOOperation.Write, 0, new IOException("broken", 5)), 5 },
        { new VhdOperationException("memory", OperationError.ImageFull, "full"), 28 },
        { new VhdOperationException("memory", OperationError.OpenedForReading, "reading"), 1 },
        { new VhdOperationException("memory", OperationError.EarlierWriteFailed, "failed"), 5 },
        { new InvalidOperationException("a fault of ours"), 5 },
    };

    [Theory]
    [MemberData(nameof(WriteFailures))]
    internal void AFailureToWriteIsToldAndTheSessionGoesOn(Exception failure, uint expected)
    {
        var disk = new MemoryDisk(new byte[Size]) { WriteFailure = failure };
        using var served = new ServedDisk(disk);
        using RawClient client = served.Use();
        foreach (Command command in new[] { Command.Write, Command.Trim, Command.WriteZeroes })
        {
            Assert.Equal(expected, (uint)client.Do(command, 512, 1024, 0, command == Command.Write ? new byte[1024] : []).Error);
        }

        Assert.Equal(NbdError.None, client.Do(Command.Read, 0, 4096).Error);
        Assert.Equal(0, served.Export.BytesWritten);
    }

    [Theory]
    [InlineData(1000, 4096u, false, false)]
    [InlineData(1000, 200_000u, false, false)]
    [InlineData(1000, 3_000_000u, false, false)]
    [InlineData(2_500_000, 3_000_000u, false, true)]
    [InlineData(1000, 200_000u, true, false)]
    [InlineData(2_500_000, 3_000_000u, true, true)]
    public void AFailureToReadIsToldAndTheSessionGoesOn(int unreadable, uint length, bool isUnfragmented, bool isLate)
    {
        byte[] content = new byte[Size];
        Array.Fill(content, (byte)7);
        using var served = new ServedDisk(new MemoryDisk(content) { UnreadableOffset = unreadable });
        using RawClient client = served.Use();
        RawReply reply = client.Do(Command.Read, 0, length, isUnfragmented ? CommandFlags.DontFragment : 0);
        Assert.Equal(NbdError.InputOutput, reply.Error);
        Assert.Equal(isLate, reply.Chunks.Contains(ChunkType.OffsetData));
        Assert.Equal(ChunkType.Error, reply.Chunks[^1]);
        Assert.Equal(NbdError.None, client.Do(Command.Read, 4096, 512).Error);
        Assert.Equal(512, served.Export.BytesRead);
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(2_500_000, false)]
    public void WithSimpleRepliesAFailureIsToldUntilTheDataHasBegun(int unreadable, bool isTold)
    {
        using var served = new ServedDisk(new MemoryDisk(new byte[Size]) { UnreadableOffset = unreadable });
        using RawClient client = served.Use(isStructured: false);
        ulong cookie = client.Begin(Command.Read, 0, 3_000_000);
        if (isTold)
        {
            Assert.Equal(NbdError.InputOutput, client.Take(cookie, 0, 0).Error);
            Assert.Equal(NbdError.None, client.Do(Command.Read, 4096, 512).Error);
        }
        else
        {
            // Nothing but the end of the connection can say so now: the data must not come whole.
            NbdException error = Assert.Throws<NbdException>(() => client.Take(cookie, 3_000_000, 0));
            Assert.Equal(NbdFault.ConnectionLost, error.Fault);
        }
    }

    [Fact]
    public void WhatIsZeroAndWhatTakesNoSpaceIsTold()
    {
        byte[] content = new byte[Size];
        content[200_000] = 1;
        using var served = new ServedDisk(new MemoryDisk(content));
        using RawClient client = served.Use();
        List<(uint Length, uint State)> extents = client.Do(Command.BlockStatus, 0, Size).Extents;
        Assert.Equal(Size, extents.Sum(extent => extent.Length));
        Assert.Equal(
            [(65536, 2), (65536, 3), (65536, 2), (65536, 0), (65536, 2)], extents[..5].Select(extent => (extent.Length, extent.State)));
        Assert.All(extents.Zip(extents.Skip(1)), pair => Assert.NotEqual(pair.First.State, pair.Second.State));
        Assert.Equal([(65535, 2)], client.Do(Command.BlockStatus, 1, Size - 1, CommandFlags.RequestOne).Extents.Select(
            extent => (extent.Length, extent.State)));
        Assert.Equal([(3, 3)], client.Do(Command.BlockStatus, 65_537, 3).Extents.Select(extent => (extent.Length, extent.State)));
    }

    [Fact]
    public void ZerosOfALargeReadAreNotSent()
    {
        byte[] content = new byte[Size];
        content[1_000_000] = 1;
        using var served = new ServedDisk(new MemoryDisk(content));
        using RawClient client = served.Use();
        RawReply reply = client.Do(Command.Read, 0, Size);
        Assert.Equal(content, reply.Data);
        Assert.Contains(ChunkType.OffsetHole, reply.Chunks);
        Assert.Single(reply.Chunks, ChunkType.OffsetData);
    }

    [Fact]
    public void StatusIsNotToldWhereItWasNotAskedFor()
    {
        using var served = new ServedDisk(new MemoryDisk(new byte[Size]));
        using RawClient without = served.Use(hasAllocation: false), simple = served.Use(isStructured: false);
        Assert.Equal(NbdError.Invalid, without.Do(Command.BlockStatus, 0, 512).Error);
        Assert.Equal(NbdError.Invalid, simple.Do(Command.BlockStatus, 0, 512).Error);
        Assert.Equal(NbdError.Invalid, simple.Do(Command.Read, 0, 512, CommandFlags.DontFragment).Error);
    }

    [Fact]
    public void AClientThatSaysGoodbyeIsNotAnswered()
    {
        using var served = new ServedDisk(new MemoryDisk(new byte[Size]));
        using RawClient client = served.Use();
        ulong read = client.Begin(Command.Read, 0, 512, flushes: false);
        client.Begin(Command.Disconnect, 0, 0);
        Assert.Equal(NbdError.None, client.Take(read, 512, 0).Error);
        Assert.True(client.WaitForEnd());
        served.AssertNoClients();
    }

    [Fact]
    public async Task ManyClientsShareOneDiskAsOneImageAllows()
    {
        const int ClientCount = 8, Part = 128 * 1024;
        var disk = new MemoryDisk(new byte[ClientCount * Part]);
        using (var served = new ServedDisk(disk))
        {
            // Two readers meet inside, or the test waits until they do.
            using var together = new CountdownEvent(2);
            disk.OnRead = () =>
            {
                if (!together.IsSet)
                {
                    together.Signal();
                    Assert.True(together.Wait(TimeSpan.FromSeconds(60)));
                }
            };
            Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 2 }, _ =>
            {
                using RawClient reader = served.Use();
                reader.Do(Command.Read, 0, 512);
            });
            disk.OnRead = null;
            Task[] clients = [.. Enumerable.Range(0, ClientCount).Select(
                number => Task.Factory.StartNew(() => WorkOn(served, number, Part), TaskCreationOptions.LongRunning))];
            await Task.WhenAll(clients);
            Assert.Equal(ClientCount * 100 * 1000, served.Export.BytesWritten);
        }

        Assert.False(disk.WasMisused);
        Assert.True(disk.WasShared);
    }

    /// <summary>Writes and reads one part of a disk, at places that are no whole sectors, and finds what it has written.</summary>
    private static void WorkOn(ServedDisk served, int number, int part)
    {
        var random = new Random(number);
        byte[] model = new byte[part];
        using RawClient client = served.Use(isStructured: number % 2 == 0);
        for (int i = 0; i < 100; i++)
        {
            int at = random.Next(part - 1000);
            random.NextBytes(model.AsSpan(at, 1000));
            Assert.Equal(NbdError.None, client.Do(Command.Write, (ulong)((number * part) + at), 1000, 0, model.AsSpan(at, 1000)).Error);
            AssertSame(model, client.Do(Command.Read, (ulong)(number * part), (uint)part).Data);
            Assert.Equal(NbdError.None, client.Do(Command.Flush, 0, 0).Error);
        }
    }

    private static (int Offset, int Length) NextRange(Random random, int sectorSize)
    {
        int offset = random.Next(3) == 0 ? random.Next(Size / sectorSize) * sectorSize : random.Next(Size);
        int longest = Math.Min(Size - offset, random.Next(4) switch { 0 => 20, 1 => sectorSize * 3, 2 => 200_000, _ => Size });
        return (offset, random.Next(1, longest + 1));
    }

    private static void AssertSame(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        int same = expected.CommonPrefixLength(actual);
        Assert.True(same == expected.Length && same == actual.Length, $"byte {same} differs");
    }
}
