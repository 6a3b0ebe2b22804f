using System.Buffers.Binary;
using System.Text;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS.Tests.Nbd;

/// <summary>What the server answers to options, right and wrong.</summary>
public sealed class HandshakeTests : IDisposable
{
    private readonly ServedDisk _served = new(
    [
        new NbdExport("first", new MemoryDisk(new byte[1024 * 1024])),
        new NbdExport("é漢 2.vhd", new MemoryDisk(new byte[5000], 4096) { IsWriteProtected = true }),
    ]);

    public void Dispose() => _served.Dispose();

    [Fact]
    public void AllExportsAreListed()
    {
        using RawClient client = Greeted();
        List<OptionReply> replies = client.Ask(OptionCode.List, new DataWriter());
        Assert.Equal(["first", "é漢 2.vhd"], replies[..^1].Select(reply => Encoding.UTF8.GetString(reply.Data.AsSpan(4))));
        Assert.All(replies[..^1], reply => Assert.Equal(reply.Data.Length - 4, BinaryPrimitives.ReadInt32BigEndian(reply.Data)));
        Assert.Equal(OptionReplyType.Invalid, client.Ask(OptionCode.List, new DataWriter().UInt16(0)).Single().Type);
    }

    [Theory]
    [InlineData(OptionCode.Info, "first", 1048576L, 1 | 4 | 8 | 32 | 64 | 256)]
    [InlineData(OptionCode.Info, "é漢 2.vhd", 5000L, 1 | 2 | 4 | 8 | 256)]
    [InlineData(OptionCode.Go, "first", 1048576L, 1 | 4 | 8 | 32 | 64 | 256)]
    internal void AnExportIsDescribed(OptionCode code, string name, long size, int flags)
    {
        using RawClient client = Greeted();
        List<OptionReply> replies = client.Ask(code, new DataWriter().String(name).UInt16(2).UInt16(1).UInt16(3));
        Assert.Equal(
            Hex(new DataWriter().UInt16(0).UInt64((ulong)size).UInt16((ushort)flags), new DataWriter().UInt16(3).UInt32(1).UInt32(4096)
                .UInt32(32 << 20), new DataWriter().UInt16(1).Text(name)),
            replies[..^1].Select(reply => Convert.ToHexString(reply.Data)));
        Assert.All(replies[..^1], reply => Assert.Equal(OptionReplyType.Info, reply.Type));
        Assert.Equal(OptionReplyType.Ack, replies[^1].Type);

        // After INFO options go on, after GO requests do.
        if (code == OptionCode.Info)
        {
            Assert.Equal(OptionReplyType.Ack, client.Ask(OptionCode.Abort, new DataWriter()).Single().Type);
            Assert.True(client.WaitForEnd());
        }
        else
        {
            Assert.Equal(NbdError.None, client.Do(Command.Read, 0, 1).Error);
        }
    }

    public static TheoryData<uint, string, uint> Refusals => new()
    {
        { 4, "", 0x80000001 },
        { 11, "", 0x80000001 },
        { 0xFFFFFFFF, "00", 0x80000001 },
        { 5, "", 0x80000001 },
        { 6, "", 0x80000003 },
        { 6, "00000005", 0x80000003 },
        { 6, "FFFFFFFF", 0x80000003 },
        { 6, "0000000566697273740000FF", 0x80000003 },
        { 6, "00000005666972737400020000", 0x80000003 },
        { 6, "0000000566697273740000" + "0000", 0x80000003 },
        { 6, "00000001FF0000", 0x80000003 },
        { 6, "0000000100" + "0000", 0x80000003 },
        { 6, "000000056669727375" + "0000", 0x80000006 },
        { 7, "000000046669727300" + "00", 0x80000006 },
        { 7, "00000000" + "0000", 0x80000006 },
        { 7, "0000000B2E2E2F6574632F686F7374" + "0000", 0x80000006 },
        { 8, "00", 0x80000003 },
        { 10, "000000056669727374" + "00000000", 0x80000003 },
        { 9, "000000056669727374" + "00000000", 0x80000003 },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void AnOptionThatCannotBeIsRefusedAndTheNextOneIsHeard(uint code, string data, uint expected)
    {
        using RawClient client = Greeted();
        Assert.Equal(expected, (uint)client.Ask((OptionCode)code, Convert.FromHexString(data)).Single().Type);
        Assert.Equal(OptionReplyType.Ack, client.Ask(OptionCode.List, new DataWriter())[^1].Type);
    }

    [Theory]
    [InlineData(65_537)]
    [InlineData(20_000_000)]
    public void AnOptionThatIsTooLongIsDrainedAndRefused(int length)
    {
        using RawClient client = Greeted();
        OptionHeader.Write(client.Wire, OptionCode.Info, new byte[length]);
        client.Wire.Flush();
        Assert.Equal(OptionReplyType.TooBig, OptionReply.Read(client.Wire, OptionCode.Info).Type);
        Assert.Equal(OptionReplyType.Ack, client.Ask(OptionCode.List, new DataWriter())[^1].Type);
    }

    [Theory]
    [InlineData("", "base:allocation", 1)]
    [InlineData("base:", "", 1)]
    [InlineData("base:allocation", "", 1)]
    [InlineData("base:other", "qemu:dirty-bitmap:x", 0)]
    [InlineData("base:allocation/", "BASE:ALLOCATION", 0)]
    public void ContextsAreListedByQuery(string first, string second, int count)
    {
        using RawClient client = Greeted();
        client.AllowStructuredReplies();
        string[] queries = [.. new[] { first, second }.Where(query => query.Length > 0)];
        DataWriter data = new DataWriter().String("first").UInt32((uint)queries.Length);
        foreach (string query in queries)
        {
            data.String(query);
        }

        List<OptionReply> replies = client.Ask(OptionCode.ListMetaContext, data);
        Assert.Equal(
            Enumerable.Repeat("base:allocation", count), replies[..^1].Select(reply => Encoding.UTF8.GetString(reply.Data.AsSpan(4))));
        Assert.Equal(1, client.Ask(OptionCode.ListMetaContext, new DataWriter().String("first").UInt32(0)).Count - 1);
        Assert.Equal(
            OptionReplyType.Unknown, client.Ask(OptionCode.ListMetaContext, new DataWriter().String("third").UInt32(0)).Single().Type);
    }

    [Theory]
    [InlineData("first", "first", true)]
    [InlineData("first", "é漢 2.vhd", false)]
    public void AContextIsThatOfItsExport(string selected, string used, bool isAllowed)
    {
        using RawClient client = Greeted();
        client.AllowStructuredReplies();
        client.Ask(OptionCode.SetMetaContext, new DataWriter().String(selected).UInt32(1).String("base:allocation"));
        client.Ask(OptionCode.Go, new DataWriter().String(used).UInt16(0));
        Assert.Equal(isAllowed ? NbdError.None : NbdError.Invalid, client.Do(Command.BlockStatus, 0, 512).Error);
    }

    [Fact]
    public void ASecondSelectionReplacesTheFirstAlsoWhereItIsRefused()
    {
        foreach (DataWriter second in new[] { new DataWriter().String("first").UInt32(0), new DataWriter().String("third").UInt32(
            0), new DataWriter().UInt16(1) })
        {
            using RawClient client = Greeted();
            client.AllowStructuredReplies();
            client.Ask(OptionCode.SetMetaContext, new DataWriter().String("first").UInt32(1).String("base:allocation"));
            client.Ask(OptionCode.SetMetaContext, second);
            client.Ask(OptionCode.Go, new DataWriter().String("first").UInt16(0));
            Assert.Equal(NbdError.Invalid, client.Do(Command.BlockStatus, 0, 512).Error);
        }
    }

    [Theory]
    [InlineData(1u, 134)]
    [InlineData(3u, 10)]
    [InlineData(0u, 134)]
    public void TheOldWayToUseAnExport(uint flags, int length)
    {
        using RawClient client = _served.Connect();
        client.Greet(flags);
        OptionHeader.Write(client.Wire, OptionCode.ExportName, "first"u8);
        client.Wire.Flush();
        byte[] answer = client.Wire.Take(length).ToArray();
        Assert.Equal(1024UL * 1024, BinaryPrimitives.ReadUInt64BigEndian(answer));
        Assert.False(answer.AsSpan(10).ContainsAnyExcept((byte)0));
        Assert.Equal(NbdError.None, client.Do(Command.Read, 512, 512).Error);
    }

    [Fact]
    public void TheOldWayEndsWhereThereIsNoSuchExport()
    {
        using RawClient client = Greeted();
        OptionHeader.Write(client.Wire, OptionCode.ExportName, "third"u8);
        client.Wire.Flush();
        Assert.True(client.WaitForEnd());
    }

    [Theory]
    [InlineData(4u)]
    [InlineData(0x80000003u)]
    public void FlagsThatAreNotKnownEndTheSession(uint flags)
    {
        using RawClient client = _served.Connect();
        client.Greet(flags);
        Assert.True(client.WaitForEnd());
    }

    [Fact]
    public void TheOnlyExportIsTheDefault()
    {
        using var one = new ServedDisk(new MemoryDisk(new byte[512]));
        using RawClient client = RawClient.Use(one.Uri, string.Empty);
        Assert.Equal(NbdError.None, client.Do(Command.BlockStatus, 0, 512).Error);
    }

    private static IEnumerable<string> Hex(params DataWriter[] data) => data.Select(each => Convert.ToHexString(each.Data));

    private RawClient Greeted()
    {
        RawClient client = _served.Connect();
        client.Greet();
        return client;
    }
}
