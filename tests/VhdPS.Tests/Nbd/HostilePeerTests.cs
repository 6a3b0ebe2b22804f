using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Server;
using VhdPS.Tests.Crash;
using Xunit.Abstractions;

namespace VhdPS.Tests.Nbd;

/// <summary>Peers that send anything: by the ten thousand without sockets, the same on every run, and a few of every kind with
/// them.</summary>
public sealed class HostilePeerTests(ITestOutputHelper output)
{
    private static readonly int Conversations = LongRun.Count(4_000, 3_000_000);

    [Fact]
    public void NoClientGetsMoreThanAnEnd()
    {
        int wellCount = 0;
        for (int seed = 0; seed < Conversations; seed++)
        {
            bool isReadOnly = seed % 2 == 0;
            using MemoryDisk disk = HostilePeer.NewDisk(isReadOnly);
            try
            {
                wellCount += HostilePeer.ExerciseServer(HostilePeer.Mutate(HostilePeer.Clients, new Random(seed)), disk) ? 1 : 0;
            }
            catch (Exception error)
            {
                Assert.Fail($"the conversation of seed {seed}: {error}");
            }

            Assert.False(isReadOnly && disk.Content.AsSpan().ContainsAnyExcept((byte)0), $"the conversation of seed {seed} wrote");
        }

        // A corpus of which everything is refused at once shows nothing, nor one of which nothing is.
        output.WriteLine($"{wellCount} of {Conversations} came to requests and to their end");
        Assert.InRange(wellCount, Conversations / 100, Conversations * 9 / 10);
    }

    [Fact]
    public void NoServerGetsMoreThanAnError()
    {
        int contentCount = 0;
        for (int seed = 0; seed < Conversations; seed++)
        {
            try
            {
                contentCount += HostilePeer.ExerciseClient(HostilePeer.Mutate(HostilePeer.Servers, new Random(seed))) ? 1 : 0;
            }
            catch (Exception error)
            {
                Assert.Fail($"the conversation of seed {seed}: {error}");
            }
        }

        output.WriteLine($"{contentCount} of {Conversations} were taken to the end");
        Assert.InRange(contentCount, Conversations / 100, Conversations * 9 / 10);
    }

    [Fact]
    public void WhatIsNotWrongIsTaken()
    {
        Assert.All(HostilePeer.Clients[..2], conversation =>
        {
            using MemoryDisk disk = HostilePeer.NewDisk(isReadOnly: false);
            Assert.True(HostilePeer.ExerciseServer(conversation, disk));
        });
        Assert.All(HostilePeer.Servers, conversation => Assert.True(HostilePeer.ExerciseClient(conversation)));
    }

    [Fact]
    public void AConversationMayEndAnywhere()
    {
        foreach (byte[] conversation in HostilePeer.Servers)
        {
            for (int length = 0; length < conversation.Length; length += length < 600 ? 1 : 997)
            {
                Assert.False(HostilePeer.ExerciseClient(conversation[..length]));
            }
        }

        foreach (byte[] conversation in HostilePeer.Clients)
        {
            for (int length = 0; length < conversation.Length; length += length < 600 ? 1 : 97)
            {
                using MemoryDisk disk = HostilePeer.NewDisk(isReadOnly: false);
                HostilePeer.ExerciseServer(conversation[..length], disk);
            }
        }
    }

    public static TheoryData<string, string> Garbage => new()
    {
        { "nothing", "" },
        { "a web request", "474554202F20485454502F312E310D0A486F73743A20780D0A0D0A" },
        { "a TLS greeting", "16030100050100000100" },
        { "the magic of the server", "4E42444D41474943" + "49484156454F5054" + "0003" },
        { "flags and then zeros", "00000003" + "0000000000000000000000000000000000000000" },
        { "an option that never ends", "00000003" + "49484156454F5054" + "00000006" + "FFFFFFFF" },
        { "half an option", "00000003" + "49484156454F5054" + "000000" },
        { "a request before the handshake is over", "00000003" + "2560951300000000000000000000000100000000000000000000" },
        { "a good start and then garbage",
            "00000003" + "49484156454F5054" + "00000007" + "0000000A" + "00000004" + "6469736B" + "0000" + "25609512" + "000000000000" },
        { "a good start and then half a request",
            "00000003" + "49484156454F5054" + "00000007" + "0000000A" + "00000004" + "6469736B" + "0000" + "25609513" + "0000" },
        { "a write of 4 GiB of which nothing comes", "00000003" + "49484156454F5054" + "00000007" + "0000000A" + "00000004" + "6469736B"
            + "0000" + "25609513" + "00000001" + "0000000000000001" + "0000000000000000" + "FFFFFFFF" },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public void GarbageEndsItsOwnSessionAlone(string what, string sent)
    {
        using var served = new ServedDisk(new MemoryDisk(new byte[4096]));
        using RawClient good = served.Use();
        foreach (bool isClosed in new[] { false, true })
        {
            using RawClient bad = served.Connect();
            bad.Send(Convert.FromHexString(sent));
            if (isClosed)
            {
                bad.Dispose();
            }
            else
            {
                bad.EndSending();
                Assert.True(bad.WaitForEnd(), what);
            }

            Assert.Equal(NbdError.None, good.Do(Command.Write, 0, 512, 0, new byte[512]).Error);
        }

        Assert.True(SpinWait.SpinUntil(() => served.Server.ClientCount == 1, TimeSpan.FromSeconds(60)), what);
    }

    [Fact]
    public void AThousandBadClientsLeaveNothingBehind()
    {
        var random = new Random(7);
        using var served = new ServedDisk(new MemoryDisk(new byte[256 * 1024]), new NbdServerOptions { MaxClientCount = 8 });
        using RawClient good = served.Use();
        for (int i = 0; i < 1000; i++)
        {
            try
            {
                using RawClient bad = served.Connect();
                bad.Send(HostilePeer.Mutate(HostilePeer.Clients, random));
            }
            catch (Exception error) when (error is NbdException or System.Net.Sockets.SocketException)
            {
                // The server has had enough before all was sent.
            }

            Assert.Equal(NbdError.None, i % 50 == 0 ? good.Do(Command.Read, 0, 4096).Error : NbdError.None);
        }

        Assert.Equal(NbdError.None, good.Do(Command.Flush, 0, 0).Error);
        good.Dispose();
        served.AssertNoClients();
    }
}
