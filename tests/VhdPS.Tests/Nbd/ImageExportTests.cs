using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Client;
using VhdPS.Engine.Nbd.Server;
using VhdPS.Tests.Chains;
using VhdPS.Tests.Disks;

namespace VhdPS.Tests.Nbd;

/// <summary>Images and raw files behind the server: content, extents, writing through a chain.</summary>
public sealed class ImageExportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("raw")]
    [InlineData("raw with holes")]
    [InlineData("fixed")]
    [InlineData("dynamic")]
    [InlineData("small blocks backward")]
    public void EveryFormIsServedAsTheDiskThatItIs(string form)
    {
        byte[] disk = DiskModel.Make("scattered", (9 << 20) + 1536);
        string path = DiskModel.Write(_folder, form, disk);
        bool isRaw = form.StartsWith("raw", StringComparison.Ordinal);
        foreach (ExportedDisk export in Exports(path, isRaw))
        {
            using var served = new ServedDisk(export);
            using NbdSource source = NbdSource.Open(served.Uri);
            AssertIs(disk, source);
            Assert.True(served.Export.IsReadOnly);
            if (form is "raw with holes" or "small blocks backward")
            {
                Assert.True(source.CountDataBytes(0, source.SizeBytes) < disk.Length / 2, "nothing is told of zeros");
            }
        }
    }

    [Theory]
    [InlineData("Fixed", 1)]
    [InlineData("Dynamic", 3)]
    public void AChainIsReadAndItsTopIsWritten(string rootKind, int childCount)
    {
        var model = new ChainModel(_folder, new Random(childCount), 6000, rootKind);
        for (int i = 0; i < childCount; i++)
        {
            model.AddChild();
            model.WriteRandomly(15);
        }

        Dictionary<string, byte[]> parents = Directory.GetFiles(_folder.Root).Where(path => path != model.Path).ToDictionary(
            path => path, File.ReadAllBytes);
        var random = new Random(9);
        using (var served = new ServedDisk(new ImageExport(VhdImage.Open(model.Path, model.Options with { ForWriting = true }))))
        using (RawClient client = served.Use())
        {
            for (int i = 0; i < 150; i++)
            {
                int offset = random.Next(model.Content.Length - 1), length = random.Next(
                    1, Math.Min(50_000, model.Content.Length - offset) + 1);
                Span<byte> range = model.Content.AsSpan(offset, length);
                if (random.Next(3) == 0)
                {
                    range.Clear();
                    Assert.Equal(NbdError.None, client.Do(
                        Command.WriteZeroes, (ulong)offset, (uint)length, random.Next(2) == 0 ? CommandFlags.NoHole : 0).Error);
                }
                else
                {
                    random.NextBytes(range);
                    Assert.Equal(NbdError.None, client.Do(Command.Write, (ulong)offset, (uint)length, 0, range).Error);
                }

                Assert.Equal(NbdError.None, random.Next(10) == 0 ? client.Do(Command.Flush, 0, 0).Error : NbdError.None);
            }

            using NbdSource source = NbdSource.Open(served.Uri);
            AssertIs(model.Content, source);
        }

        model.AssertReads(10);
        Assert.All(parents, parent => Assert.Equal(parent.Value, File.ReadAllBytes(parent.Key)));
        Assert.True(ImageChecker.Check(model.Path, new CheckOptions { Full = true }).IsValid);
    }

    [Fact]
    public void WhatTakesNoSpaceIsWhatHasNoBlock()
    {
        string path = _folder["d.vhd"];
        ImageCreator.Create(path, new NewImage(8 << 20) { BlockSize = 1 << 20, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        byte[] block = new byte[1 << 20];
        block.AsSpan().Fill(1);
        using var served = new ServedDisk(new ImageExport(VhdImage.Open(path, new VhdOpenOptions { ForWriting = true })));
        using RawClient client = served.Use();
        client.Do(Command.Write, 1 << 20, 1 << 20, 0, block);
        client.Do(Command.Write, 5 << 20, 4096, 0, block.AsSpan(0, 4096));
        List<(uint Length, uint State)> extents = client.Do(Command.BlockStatus, 0, 8 << 20).Extents;
        Assert.Equal(6u << 20, (uint)extents.Where(extent => (extent.State & 1) != 0).Sum(extent => extent.Length));
        Assert.Equal([3u, 0u, 3u, 0u], extents.Take(4).Select(extent => extent.State));
        Assert.Equal([1u << 20, 1u << 20, 3u << 20], extents.Take(3).Select(extent => extent.Length));
    }

    private static IEnumerable<ExportedDisk> Exports(string path, bool isRaw)
    {
        yield return new SourceExport(DiskSource.Open(path, isRaw ? SourceFormat.Raw : SourceFormat.Vhd));
        if (!isRaw)
        {
            yield return new ImageExport(VhdImage.Open(path));
        }
    }

    private static void AssertIs(byte[] disk, NbdSource source)
    {
        Assert.Equal(disk.Length, source.SizeBytes);
        byte[] read = new byte[disk.Length];
        source.ReadAt(0, read);
        Assert.True(read.AsSpan().SequenceEqual(disk), $"byte {disk.AsSpan().CommonPrefixLength(read)} differs");
        for (long at = 0; at < disk.Length;)
        {
            DiskExtent extent = source.FindExtent(at);
            Assert.False(
                extent.IsZero && disk.AsSpan((int)at, (int)extent.Length).ContainsAnyExcept((byte)0), $"{extent} is told to be zeros");
            at = extent.End;
        }
    }
}
