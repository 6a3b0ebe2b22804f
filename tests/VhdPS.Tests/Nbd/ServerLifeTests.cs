using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using VhdPS.Engine.Files;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS.Tests.Nbd;

/// <summary>Where a server listens, whom it lets wait, and how it ends.</summary>
public sealed class ServerLifeTests
{
    private static readonly NbdServerOptions Impatient = new()
    {
        HandshakeLimit = TimeSpan.FromMilliseconds(200),
        TransferLimit = TimeSpan.FromMilliseconds(200),
    };

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public void WithoutAnAddressTheSocketIsInANewFolderForItsOwnerAlone()
    {
        string folder;
        using (var served = new ServedDisk(new MemoryDisk(new byte[512])))
        {
            folder = Path.GetDirectoryName(served.Uri.SocketPath)!;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(served.Uri.SocketPath));
            Assert.Equal($"nbd+unix:///disk?socket={served.Uri.SocketPath}", served.Uri.ToString());
        }

        Assert.False(Directory.Exists(folder));
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public void ASocketAtAPathIsForItsOwnerAloneAndRemovedInTheEnd()
    {
        using var folder = new TempFolder();
        string path = folder["a b.sock"];
        using (var served = new ServedDisk(new MemoryDisk(new byte[512]), new NbdServerOptions { SocketPath = path }))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            using RawClient client = RawClient.Use(NbdUri.Parse(served.Uri.ToString()), "disk");
        }

        Assert.False(File.Exists(path));
    }

    [UnixFact]
    public void WhatIsAtThePathStays()
    {
        using var folder = new TempFolder();
        string path = folder.Write("precious", "x"u8);
        var disk = new MemoryDisk(new byte[512]);
        VhdOperationException error = Assert.Throws<VhdOperationException>(
            () => new ServedDisk(disk, new NbdServerOptions { SocketPath = path }));
        Assert.Equal(OperationError.TargetExists, error.Code);
        Assert.True(disk.IsDisposed);
        Assert.Equal("x", File.ReadAllText(path));
    }

    [UnixFact]
    public void AnAddressThatCannotBeListenedAtIsNamed()
    {
        using var folder = new TempFolder();
        foreach (string path in new[] { folder["no/such/folder"], folder[new string('x', 150)] })
        {
            NbdException error = Assert.Throws<NbdException>(
                () => new ServedDisk(new MemoryDisk(new byte[512]), new NbdServerOptions { SocketPath = path }));
            Assert.Equal(NbdFault.AddressUnavailable, error.Fault);
            Assert.Contains(Uri.EscapeDataString(Path.GetFileName(path)), error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void APortThatIsTakenIsNamed()
    {
        using var first = new ServedDisk(new MemoryDisk(new byte[512]), new NbdServerOptions { Address = IPAddress.Loopback, Port = 0 });
        var same = new NbdServerOptions { Address = IPAddress.Loopback, Port = first.Uri.Port };
        NbdException error = Assert.Throws<NbdException>(() => new ServedDisk(new MemoryDisk(new byte[512]), same));
        Assert.Equal(NbdFault.AddressUnavailable, error.Fault);
        Assert.Contains($"nbd://127.0.0.1:{first.Uri.Port}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void ThisMachineCanBeServedByTcp(string address)
    {
        if (address == "::1" && !Socket.OSSupportsIPv6)
        {
            return;
        }

        using var served = new ServedDisk(
            new MemoryDisk(new byte[512]), new NbdServerOptions { Address = IPAddress.Parse(address), Port = 0 });
        using RawClient client = served.Use();
        Assert.Equal(NbdError.None, client.Do(Command.Read, 0, 512).Error);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.0.2.1")]
    public void OtherMachinesAreNotServedWithoutEncryptionUnlessToldTo(string address)
    {
        var options = new NbdServerOptions { Address = IPAddress.Parse(address), Port = 0 };
        Assert.Throws<ArgumentException>(() => new ServedDisk(new MemoryDisk(new byte[512]), options));
        if (address == "0.0.0.0")
        {
            using var served = new ServedDisk(new MemoryDisk(new byte[512]), options with { AllowUnencrypted = true });
            Assert.Equal(0, served.Server.ClientCount);
        }
    }

    [Fact]
    public void ExportsNeedNamesOfTheirOwn()
    {
        NbdExport[] exports = [new("a", new MemoryDisk(new byte[512])), new("a", new MemoryDisk(new byte[512]))];
        Assert.Throws<ArgumentException>(() => NbdServer.Start(exports));
        Assert.Throws<ArgumentException>(() => NbdServer.Start([]));
        Assert.Throws<ArgumentException>(() => new NbdExport(string.Empty, new MemoryDisk(new byte[512])));
        Assert.Throws<ArgumentException>(() => new NbdExport("a\0b", new MemoryDisk(new byte[512])));
    }

    [Fact]
    public void AClientThatSaysNothingIsSentAway()
    {
        using var served = new ServedDisk(new MemoryDisk(new byte[512]), Impatient);
        using RawClient silent = served.Connect(), greeted = served.Connect();
        greeted.Greet();
        Assert.True(silent.WaitForEnd());
        Assert.True(greeted.WaitForEnd());
        served.AssertNoClients();
    }

    [Fact]
    public void AClientThatStopsInAMessageIsSentAwayAndOneThatWaitsBetweenThemIsNot()
    {
        using var served = new ServedDisk(new MemoryDisk(new byte[65536]), Impatient);
        using RawClient idle = served.Use(), halfHeader = served.Use(), halfData = served.Use();
        halfHeader.Send([0x25, 0x60, 0x95]);
        halfData.Begin(Command.Write, 0, 60_000, 0, new byte[59_999]);
        Assert.True(halfHeader.WaitForEnd());
        Assert.True(halfData.WaitForEnd());
        Assert.Equal(NbdError.None, idle.Do(Command.Read, 0, 512).Error);
    }

    [Fact]
    public void AClientThatDoesNotTakeItsRepliesIsSentAway()
    {
        byte[] content = new byte[32 * 1024 * 1024];
        Array.Fill(content, (byte)1);
        using var served = new ServedDisk(new MemoryDisk(content), Impatient with { TransferLimit = TimeSpan.FromMilliseconds(300) });
        using RawClient slow = served.Use(), other = served.Use();
        for (int i = 0; i < 40; i++)
        {
            slow.Begin(Command.Read, 0, 60_000);
        }

        Assert.Equal(NbdError.None, other.Do(Command.Write, 0, 512, 0, new byte[512]).Error);
        Assert.True(SpinWait.SpinUntil(() => served.Server.ClientCount == 1, TimeSpan.FromSeconds(120)));
        Assert.Equal(NbdError.None, other.Do(Command.Read, 0, 512).Error);
    }

    [Fact]
    public void MoreClientsThanAreAllowedAreTurnedAway()
    {
        using var served = new ServedDisk(new MemoryDisk(new byte[512]), new NbdServerOptions { MaxClientCount = 2 });
        using RawClient first = served.Use(), second = served.Use(), third = served.Connect();
        Assert.True(third.WaitForEnd());
        first.Dispose();
        Assert.True(SpinWait.SpinUntil(() => served.Server.ClientCount == 1, TimeSpan.FromSeconds(60)));
        using RawClient fourth = served.Use();
        Assert.Equal(NbdError.None, fourth.Do(Command.Read, 0, 512).Error);
    }

    [Fact]
    public void CountsAreThoseOfEachExport()
    {
        NbdExport[] exports = [new("a", new MemoryDisk(new byte[4096])), new("b", new MemoryDisk(new byte[4096]))];
        using var served = new ServedDisk(exports);
        using RawClient first = RawClient.Use(served.Uri, "a"), second = RawClient.Use(served.Uri, "b"), third = RawClient.Use(
            served.Uri, "b");
        first.Do(Command.Read, 0, 1000);
        second.Do(Command.Write, 0, 10, 0, new byte[10]);
        third.Do(Command.WriteZeroes, 0, 500);
        third.Do(Command.Read, 4000, 96);
        Assert.Equal((1000, 0, 96, 510), (exports[0].BytesRead, exports[0].BytesWritten, exports[1].BytesRead, exports[1].BytesWritten));
        Assert.Equal((1, 2, 3), (exports[0].ClientCount, exports[1].ClientCount, served.Server.ClientCount));
    }

    [Fact]
    public void StoppingEndsIdleSessionsAtOnceAndFlushes()
    {
        var disk = new MemoryDisk(new byte[4096]);
        using var served = new ServedDisk(disk, new NbdServerOptions { StopLimit = Timeout.InfiniteTimeSpan });
        using RawClient idle = served.Use(), greeted = served.Connect();
        greeted.Greet();
        idle.Do(Command.Write, 0, 1, 0, "x"u8);
        served.Server.Stop();
        Assert.True(idle.WaitForEnd());
        Assert.True(greeted.WaitForEnd());
        Assert.Equal((byte)'x', disk.Durable[0]);
        Assert.True(disk.IsDisposed);
        Assert.True(served.Server.IsStopped);
        Assert.ThrowsAny<SocketException>(() => served.Connect());
        served.Server.Stop();
    }

    [Fact]
    public async Task StoppingLetsARequestEndThatIsUnderWayAndRefusesTheNext()
    {
        byte[] content = new byte[4096];
        content[9] = 9;
        using var reading = new ManualResetEventSlim();
        var disk = new MemoryDisk(content) { OnRead = reading.Set };
        using var served = new ServedDisk(disk, new NbdServerOptions { StopLimit = TimeSpan.FromMinutes(2) });
        using RawClient client = served.Use();
        disk.Readable.Reset();
        ulong read = client.Begin(Command.Read, 0, 4096, flushes: false), late = client.Begin(Command.Read, 0, 512);
        Assert.True(reading.Wait(TimeSpan.FromSeconds(60)));
        Task stopping = Task.Factory.StartNew(served.Server.Stop, TaskCreationOptions.LongRunning);
        Assert.True(SpinWait.SpinUntil(() => served.Server.IsStopped, TimeSpan.FromSeconds(60)));
        disk.Readable.Set();
        Assert.Equal(9, client.Take(read, 4096, 0).Data[9]);
        Assert.Equal(NbdError.Shutdown, client.Take(late, 0, 0).Error);
        await stopping;
        Assert.True(disk.IsDisposed);
    }

    [Fact]
    public void AFlushThatFailsInTheEndIsTold()
    {
        using var served = new ServedDisk(new FailingDisk());
        AggregateException error = Assert.Throws<AggregateException>(served.Server.Stop);
        Assert.IsType<ImageIOException>(Assert.Single(error.InnerExceptions));
    }

    private sealed class FailingDisk : ExportedDisk
    {
        public override string Path => "failing";

        public override long SizeBytes => 512;

        public override bool IsReadOnly => false;

        public override void Read(long offset, Span<byte> buffer) => buffer.Clear();

        public override void Write(long offset, ReadOnlySpan<byte> data)
        {
        }

        public override void Zero(long offset, long length, bool mayDiscard)
        {
        }

        public override void Discard(long offset, long length)
        {
        }

        public override void Flush()
        {
        }

        public override ExportedExtent FindExtent(long offset, long length) => new(length, IsAllocated: true, IsZero: false);

        protected override void Dispose(bool disposing) =>
            throw new ImageIOException(Path, ImageIOOperation.Flush, null, new IOException("gone"));
    }
}
