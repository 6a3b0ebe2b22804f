using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Peers;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

/// <summary>Against qemu-img, 7-Zip and libvhdi, on real files.</summary>
public sealed class VhdxPeerTests : IDisposable
{
    private const int ChunkSize = (int)MiB;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.QemuImg)]
    [InlineData(1, "dynamic")]
    [InlineData(8, "fixed")]
    [InlineData(32, "dynamic")]
    [InlineData(256, "dynamic")]
    public void WhatQemuWritesIsRead(int blockMiB, string type)
    {
        for (int seed = 0; seed < LongRun.Count(1, 20); seed++)
        {
            long size = ((blockMiB > 32 ? 1 : 3) * blockMiB * MiB) + (seed * 512);
            string raw = WriteRaw($"{seed}.raw", seed, size), path = _folder[$"{seed}.vhdx"];
            Qemu("convert", "-f", "raw", "-O", "vhdx", "-o", $"block_size={blockMiB}M,subformat={type}", raw, path);
            AssertDisk(path, raw);
            using LocalImageFile file = LocalImageFile.OpenRead(path);
            VhdxCheckReport report = VhdxChecker.Check(file);
            Assert.Equal(type == "fixed" ? VhdType.Fixed : VhdType.Dynamic, report.Layout.VhdType);
            Assert.All(report.Findings, finding => Assert.Equal(FaultCode.VhdxSpaceUnused, finding.Code));
            File.Delete(raw);
            File.Delete(path);
        }
    }

    [PeerFact(PeerPrograms.QemuImg)]
    public void AnEmptyImageOfQemuIsRead()
    {
        string path = _folder["empty.vhdx"];
        Qemu("create", "-f", "vhdx", "-o", "block_size=1M", path, "6G");
        using VhdxImage disk = VhdxImage.Open(LocalImageFile.OpenRead(path));
        Assert.Equal((6L << 30, (int)MiB), (disk.SizeBytes, disk.Layout.Metadata!.BlockSize));
        Assert.StartsWith("QEMU", disk.Layout.Creator, StringComparison.Ordinal);
        Assert.Equal(new VhdxRun(0, disk.SizeBytes, VhdxOrigin.Zero, -1), disk.FindExtent(0, disk.SizeBytes));
    }

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.SevenZip, PeerPrograms.VhdiInfo)]
    [InlineData(1, VhdType.Dynamic, 0)]
    [InlineData(8, VhdType.Dynamic, 512)]
    [InlineData(32, VhdType.Fixed, 0)]
    [InlineData(256, VhdType.Dynamic, 512)]
    public void WhatIsWrittenOthersRead(int blockMiB, VhdType type, int rest)
    {
        int blockSize = blockMiB * (int)MiB;
        long size = rest + (blockMiB > 32 ? blockSize : 2L * blockSize);
        NewVhdx options = VhdxCreatorTests.Options(size) with { BlockSizeBytes = blockSize, VhdType = type };
        string raw = WriteRaw("a.raw", blockMiB, options.DiskSize), path = _folder["a.vhdx"];
        WriteImage(path, options, raw);
        AssertDisk(path, raw);
        Qemu("check", path);
        Assert.Contains("identical", Qemu("compare", "-f", "raw", "-F", "vhdx", raw, path), StringComparison.Ordinal);
        Assert.Contains($"\"virtual-size\": {options.DiskSize}", Qemu("info", "--output", "json", path), StringComparison.Ordinal);
        if (rest == 0)
        {
            // QUIRK(7-Zip 26.02): it opens no image, QEMU's neither, whose last block reaches past the end of the disk.
            AssertSevenZip(path, raw);
        }

        string told = PeerProcess.Run(PeerPrograms.VhdiInfo, path);
        Assert.Contains($"{options.DiskSize} bytes", told, StringComparison.Ordinal);
        Assert.Contains(options.DataWriteGuid.ToString(), told, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>QEMU refuses sectors of 4096 bytes; 7-Zip does not.</summary>
    [PeerFact(PeerPrograms.SevenZip, PeerPrograms.VhdiInfo)]
    public void SectorsOf4096BytesAreWrittenAndRead()
    {
        NewVhdx options = VhdxCreatorTests.Options(9 * MiB) with { BlockSizeBytes = (int)MiB, LogicalSectorSize = 4096 };
        string raw = WriteRaw("a.raw", 1, options.DiskSize), path = _folder["a.vhdx"];
        WriteImage(path, options, raw);
        AssertDisk(path, raw);
        AssertSevenZip(path, raw);
        Assert.Contains("4096", PeerProcess.Run(PeerPrograms.VhdiInfo, path), StringComparison.Ordinal);
    }

    /// <summary>An image of QEMU's whose disk is said to have sectors of 4096 bytes.</summary>
    [PeerFact(PeerPrograms.QemuImg, PeerPrograms.SevenZip)]
    public void APatchedImageOf4096BytesIsReadAsSevenZipReadsIt()
    {
        string raw = WriteRaw("a.raw", 5, 40 * MiB), path = _folder["a.vhdx"];
        Qemu("convert", "-f", "raw", "-O", "vhdx", "-o", "block_size=1M", raw, path);
        using (FileStream file = File.Open(path, FileMode.Open))
        {
            file.Position = (3 * MiB) + 65536 + 32;
            file.Write(Bytes(4096u));
        }

        using (VhdxImage disk = VhdxImage.Open(LocalImageFile.OpenRead(path)))
        {
            Assert.Equal(4096, disk.LogicalSectorSize);
        }

        AssertDisk(path, raw);
        AssertSevenZip(path, raw);
    }

    /// <summary>A chain of three, of which each child has blocks, sectors and zeros of its own.</summary>
    [PeerTheory(PeerPrograms.SevenZip)]
    [InlineData(512)]
    [InlineData(4096)]
    public void AChainIsReadAsSevenZipReadsIt(int sectorSize)
    {
        byte[] disk = VhdxChain.Write(_folder, sectorSize, out string leaf);
        string raw = _folder.Write("wanted.raw", disk);
        using VhdxImage first = VhdxImage.Open(LocalImageFile.OpenRead(_folder["0.vhdx"]));
        using VhdxImage second = OpenOn(_folder["1.vhdx"], first);
        using VhdxImage third = OpenOn(leaf, second);
        AssertDisk(third, raw);
        AssertSevenZip(leaf, raw);
    }

    /// <summary>What is read of a dirty file is what a copy holds into which QEMU has replayed the log.</summary>
    [PeerFact(PeerPrograms.QemuImg)]
    public void ADirtyFileIsReadAsQemuReplaysIt()
    {
        for (int seed = 0; seed < LongRun.Count(6, 200); seed++)
        {
            string dirty = _folder.Write($"{seed}.vhdx", RandomLog.Make(seed, hasOldEntries: false).Dirty.File.ToArray());
            string copy = _folder[$"{seed}-copy.vhdx"], raw = _folder[$"{seed}.raw"];
            byte[] before = File.ReadAllBytes(dirty);
            DateTime time = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
            File.SetLastWriteTimeUtc(dirty, time);
            File.Copy(dirty, copy);
            Assert.NotEqual(0, PeerProcess.TryRun(PeerPrograms.QemuImg, "convert", "-f", "vhdx", "-O", "raw", dirty, raw).ExitCode);
            Qemu("check", "-r", "all", copy);
            Qemu("convert", "-f", "vhdx", "-O", "raw", copy, raw);
            AssertDisk(dirty, raw);
            Assert.Equal(before, File.ReadAllBytes(dirty));
            Assert.Equal(time, File.GetLastWriteTimeUtc(dirty));

            // The copy is clean, and holds the same.
            using (VhdxImage disk = VhdxImage.Open(LocalImageFile.OpenRead(copy)))
            {
                Assert.Equal(VhdxLogState.Clean, disk.Layout.Log!.State);
            }

            AssertDisk(copy, raw);
        }
    }

    private static string Qemu(params string[] arguments) => PeerProcess.Run(PeerPrograms.QemuImg, arguments);

    private static VhdxImage OpenOn(string path, VhdxImage parent)
    {
        VhdxImage image = VhdxImage.Open(LocalImageFile.OpenRead(path), new VhdxOpenOptions { Parent = new ImageParent(parent) });
        Assert.True(image.Layout.Metadata!.ParentLocator!.IsLinkedTo(parent.Layout.Header!.DataWriteGuid));
        return image;
    }

    private static void AssertDisk(string path, string raw)
    {
        using VhdxImage disk = VhdxImage.Open(LocalImageFile.OpenRead(path));
        AssertDisk(disk, raw);
    }

    private static void AssertDisk(VhdxImage disk, string raw)
    {
        using LocalImageFile expected = LocalImageFile.OpenRead(raw);
        Assert.Equal(expected.Length, disk.SizeBytes);
        byte[] read = new byte[ChunkSize], wanted = new byte[ChunkSize];
        for (long at = 0; at < disk.SizeBytes; at += ChunkSize)
        {
            int count = (int)Math.Min(ChunkSize, disk.SizeBytes - at);
            disk.ReadAt(at, read.AsSpan(0, count));
            expected.ReadAt(at, wanted.AsSpan(0, count));
            Assert.True(read.AsSpan(0, count).SequenceEqual(wanted.AsSpan(0, count)), $"the MiB at {at} differs");
        }
    }

    /// <summary>7-Zip extracts what the raw file holds.</summary>
    private void AssertSevenZip(string path, string raw)
    {
        string output = _folder["extracted"];
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tVHDX", "-y", $"-o{output}", path);
        string extracted = Assert.Single(Directory.GetFiles(output));
        using LocalImageFile found = LocalImageFile.OpenRead(extracted), expected = LocalImageFile.OpenRead(raw);
        Assert.Equal(expected.Length, found.Length);
        byte[] read = new byte[ChunkSize], wanted = new byte[ChunkSize];
        for (long at = 0; at < found.Length; at += ChunkSize)
        {
            Assert.Equal(expected.ReadAt(at, wanted), found.ReadAt(at, read));
            Assert.True(read.AsSpan().SequenceEqual(wanted), $"7-Zip's MiB at {at} differs");
        }
    }

    /// <summary>A sparse raw file with data in random places, some of them at block borders and at the end.</summary>
    private string WriteRaw(string name, int seed, long sizeBytes)
    {
        var random = new Random(seed);
        string path = _folder[name];
        using LocalImageFile file = LocalImageFile.CreateNew(path);
        file.SetLength(sizeBytes);
        for (int i = 0; i < 30; i++)
        {
            long at = random.NextInt64(sizeBytes);
            at = random.Next(3) == 0 ? at / MiB * MiB : at;
            file.WriteAt(at, RandomLog.Noise(random, (int)Math.Min(random.Next(1, 100_000), sizeBytes - at)));
        }

        file.WriteAt(sizeBytes - 1, [1]);
        return path;
    }

    private static void WriteImage(string path, NewVhdx options, string raw)
    {
        using LocalImageFile source = LocalImageFile.OpenRead(raw), file = LocalImageFile.CreateNew(path);
        var builder = new VhdxBuilder(file, options);
        builder.Begin();
        byte[] chunk = new byte[ChunkSize];
        for (long at = 0; at < options.DiskSize; at += ChunkSize)
        {
            int count = source.ReadAt(at, chunk);
            if (!chunk.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                continue;
            }

            long block = at / builder.BlockSize;
            if (!builder.IsPlaced(block))
            {
                builder.Place(block);
            }

            file.WriteAt(builder.DataOffset(block) + (at % builder.BlockSize), chunk.AsSpan(0, count));
        }

        builder.Complete();
    }

    /// <summary>An image as the parent of another.</summary>
    private sealed class ImageParent(VhdxImage image) : IVhdxParent
    {
        public long SizeBytes => image.SizeBytes;

        public void ReadAt(long offset, Span<byte> buffer) => image.ReadAt(offset, buffer);

        public long FindRun(long offset, long length, out bool isZero)
        {
            VhdxRun run = image.FindExtent(offset, length);
            isZero = run.Origin == VhdxOrigin.Zero;
            return run.Length;
        }

        public void Prefetch(long offset, long length) => image.Prefetch(offset, length);
    }
}
