using System.Buffers.Binary;
using System.Security.Cryptography;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>Undo files that someone made, each with a right digest: none of them changes a byte of an image.</summary>
public sealed class UndoFileTests
{
    private static readonly byte[] Whole = ImageBytes.Dynamic().AddBlock(2, 0x11).AddBlock(0, 0x22).AddBlock(5, 0x33).Bytes;

    private readonly record struct Change(int Phase, long FileOffset, byte[] Old, byte[] New);

    [Fact]
    public void OneThatARepairWroteIsBelieved()
    {
        Assert.Null(Try(Make(Whole.Length, ImageBytes.UniqueId, new Change(0, Whole.Length - 512, new byte[512], Whole[^512..]))));
        Assert.Null(Try(Make(Whole.Length - 512, ImageBytes.UniqueId, new Change(0, Whole.Length - 512, [], Whole[^512..]))));
    }

    [Fact]
    public void OneThatCutsTheImageToNothingIsRefused()
    {
        foreach (long length in new long[] { 0, -1, 1, 510, long.MinValue, long.MaxValue })
        {
            AssertRefused<VhdFormatException>(Make(length, ImageBytes.UniqueId, new Change(0, Whole.Length - 512, [], Whole[^512..])));
        }

        AssertRefused<VhdFormatException>(Make(Whole.Length, ImageBytes.UniqueId, new Change(0, 0, Whole, [])));

        // A length that an image may have, and which is not this one's: what lies between is data.
        foreach (int length in new[] { 511, 512, 1536, 2048, Whole.Length - 1024 })
        {
            AssertRefused<VhdOperationException>(Make(length, ImageBytes.UniqueId, new Change(0, Whole.Length - 512, [], Whole[^512..])));
        }

        // The same, said of every sector.
        AssertRefused<VhdFormatException>(Make(512, ImageBytes.UniqueId, [
            .. Enumerable.Range(1, (Whole.Length / 512) - 1).Select(i => new Change(0, i * 512, [], Whole[(i * 512)..((i + 1) * 512)]))]));
    }

    [Fact]
    public void OneOfAnotherImageIsRefused()
    {
        Change change = new(0, Whole.Length - 512, new byte[512], Whole[^512..]);
        AssertRefused<VhdOperationException>(Make(Whole.Length, Guid.NewGuid(), change));
        AssertRefused<VhdOperationException>(Make(Whole.Length, Guid.Empty, change));

        // One that takes both footers away leaves no image.
        AssertRefused<VhdOperationException>(
            Make(Whole.Length, ImageBytes.UniqueId, change, new Change(1, 0, new byte[512], Whole[..512])));
    }

    [Fact]
    public void RecordsThatDoNotFitAreRefused()
    {
        Change change = new(1, Whole.Length - 512, new byte[512], Whole[^512..]);
        Refuse(change, change with { FileOffset = change.FileOffset + 1, New = new byte[8], Old = new byte[8] });
        Refuse(change with { Phase = 1 }, new Change(0, 0, new byte[512], Whole[..512]));
        Refuse(change with { FileOffset = 1L << 60 });
        Refuse(change with { FileOffset = -512 });
        Refuse(new Change(0, 1024, new byte[1024], Whole[1024..2048]));
        Refuse(new Change(0, 1000, new byte[512], Whole[1000..1512]));
        Refuse(new Change(0, 1024, new byte[100], Whole[1024..1536]));
        Refuse(new Change(0, 1024, Whole[1024..1536], Whole[1024..1136]));
        Refuse(new Change(0, Whole.Length, [], new byte[512]));
        Refuse(new Change(-1, 1024, Whole[1024..1536], Whole[1024..1536]));
        foreach (int count in new[] { 0, 2, -1, int.MaxValue, int.MinValue })
        {
            byte[] bytes = Make(Whole.Length, ImageBytes.UniqueId, change);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), count);
            AssertRefused<VhdFormatException>(Seal(bytes[..^32]));
        }

        AssertRefused<VhdFormatException>(Seal([.. Make(Whole.Length, ImageBytes.UniqueId, change)[..^32], 1, 2, 3]));
        foreach (int at in new[] { 12, 16 })
        {
            byte[] bytes = Make(Whole.Length, ImageBytes.UniqueId, change);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(40 + at), int.MaxValue);
            AssertRefused<VhdFormatException>(Seal(bytes[..^32]));
        }

        static void Refuse(params Change[] changes) =>
            AssertRefused<VhdFormatException>(Make(Whole.Length, ImageBytes.UniqueId, changes));
    }

    private static void AssertRefused<T>(byte[] undo)
        where T : Exception
    {
        Exception? error = Try(undo);
        Assert.IsType<T>(error);
        if (error is VhdFormatException format)
        {
            Assert.Equal(FaultCode.UndoFileDamaged, format.Finding.Code);
        }
    }

    /// <summary>Undoes with it; an image that it was refused for must be as it was.</summary>
    private static Exception? Try(byte[] undo)
    {
        using var file = new MemoryImageFile(Whole);
        try
        {
            UndoOperation.Run(file, UndoRecord.Read(new MemoryImageFile(undo)));
            return null;
        }
        catch (Exception error) when (error is VhdFormatException or VhdOperationException)
        {
            Assert.Equal(Whole, file.ToArray());
            return error;
        }
    }

    private static byte[] Make(long oldLength, Guid uniqueId, params Change[] changes)
    {
        var bytes = new List<byte>();
        bytes.AddRange("VhdPSUnd"u8);
        bytes.AddRange(ImageBytes.BigEndian(1u));
        bytes.AddRange(ImageBytes.BigEndian((uint)changes.Length));
        bytes.AddRange(ImageBytes.BigEndian((ulong)oldLength));
        bytes.AddRange(uniqueId.ToByteArray(bigEndian: true));
        foreach (Change change in changes)
        {
            bytes.AddRange(ImageBytes.BigEndian((uint)change.Phase));
            bytes.AddRange(ImageBytes.BigEndian((ulong)change.FileOffset));
            bytes.AddRange(ImageBytes.BigEndian((uint)change.Old.Length));
            bytes.AddRange(ImageBytes.BigEndian((uint)change.New.Length));
            bytes.AddRange(change.Old);
            bytes.AddRange(change.New);
        }

        return Seal([.. bytes]);
    }

    private static byte[] Seal(byte[] bytes) => [.. bytes, .. SHA256.HashData(bytes)];
}
