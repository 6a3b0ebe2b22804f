using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Peers;

/// <summary>
/// Images of ours read by other implementations, and theirs by us. What each peer misreads is kept out: QEMU ignores
/// bitmaps and parents, vhdiinfo shows the original size.
/// </summary>
public sealed partial class PeerImageTests
{
    private const int MiB = 1024 * 1024;

    private static readonly VhdOpenOptions Writing = new() { ForWriting = true };

    public static TheoryData<VhdType, GeometryRule, long, int> NewImages => new()
    {
        { VhdType.Dynamic, GeometryRule.Exact, 20L * MiB, 2 * MiB },
        { VhdType.Dynamic, GeometryRule.Exact, (5L * MiB) + 1, 512 * 1024 },
        { VhdType.Dynamic, GeometryRule.Exact, 3L * MiB, 4096 },
        { VhdType.Dynamic, GeometryRule.Chs, 20L * MiB, 2 * MiB },
        { VhdType.Dynamic, GeometryRule.Chs, 504L * MiB, 2 * MiB },
        { VhdType.Dynamic, GeometryRule.Exact, 2040L * 1024 * MiB, 2 * MiB },
        { VhdType.Dynamic, GeometryRule.Chs, 127L * 1024 * MiB, 2 * MiB },
        { VhdType.Fixed, GeometryRule.Exact, 20L * MiB, 2 * MiB },
        { VhdType.Fixed, GeometryRule.Chs, 20L * MiB, 2 * MiB },
        { VhdType.Fixed, GeometryRule.Exact, 512, 2 * MiB },
    };

    /// <summary>Which blocks QEMU's driver takes wrongly is what the check tells, no more and no less.</summary>
    [PeerTheory(PeerPrograms.QemuImg)]
    [InlineData(512)]
    [InlineData(2048)]
    [InlineData(4096)]
    [InlineData(8192)]
    public void BlocksThatQemuMisreadsAreTold(int blockSize)
    {
        using var folder = new TempFolder();
        string path = folder["small.vhd"], raw = folder["small.raw"];
        ImageCreator.Create(path, new NewImage(2 << 20) { BlockSize = blockSize, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        byte[] disk = new byte[2 << 20], data = new byte[16384];
        data.AsSpan().Fill(0x5A);
        data.CopyTo(disk, 100 * 512);
        using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(100, data);
        }

        File.WriteAllBytes(raw, disk);
        CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true });
        bool isTold = report.Findings.Any(finding => finding.Code == FaultCode.BlockSizeMisread);
        Assert.True(report.IsValid);
        Assert.Equal(isTold ? 1 : 0, PeerProcess.TryRun(PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vpc", raw, path).ExitCode);
    }

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.VhdiInfo, PeerPrograms.SevenZip)]
    [MemberData(nameof(NewImages))]
    public void NewImagesHaveOneSizeForAll(VhdType type, GeometryRule rule, long size, int blockSize)
    {
        using var folder = new TempFolder();
        string path = folder["a.vhd"];
        var made = new NewImage(size)
        {
            VhdType = type,
            GeometryRule = rule,
            BlockSize = blockSize,
            UniqueId = Guid.NewGuid(),
            TimeStamp = new DateTime(2024, 2, 29, 12, 34, 56, DateTimeKind.Utc),
        };
        ImageCreator.Create(path, made);
        long disk;
        using (VhdImage image = VhdImage.Open(path))
        {
            Assert.DoesNotContain(image.Layout.Findings, finding => finding.Code != FaultCode.GeometryZero);
            disk = (long)image.Layout.Size.SizeBytes;
            Assert.Equal(made.DiskSize, disk);
        }

        Assert.Equal(disk, QemuSize(path));
        string info = PeerProcess.Run(PeerPrograms.VhdiInfo, path);
        Assert.Equal(disk, long.Parse(MediaSize().Match(info).Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.Contains(type.ToString(), DiskType().Match(info).Groups[1].Value, StringComparison.Ordinal);
        Assert.Contains(made.UniqueId.ToString(), info, StringComparison.OrdinalIgnoreCase);

        string list = PeerProcess.Run(PeerPrograms.SevenZip, "l", "-slt", path);
        Assert.Contains($"Size = {disk}", list, StringComparison.Ordinal);
        Assert.DoesNotContain("Warning", list, StringComparison.Ordinal);
        Assert.Contains("2024-02-29 12:34:56", list, StringComparison.Ordinal);
    }

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.SevenZip)]
    [InlineData(VhdType.Dynamic, 2 * MiB)]
    [InlineData(VhdType.Dynamic, 4096)]
    [InlineData(VhdType.Dynamic, 512 * 1024)]
    [InlineData(VhdType.Fixed, 2 * MiB)]
    public void WhatWeWriteOthersRead(VhdType type, int blockSize)
    {
        using var folder = new TempFolder();
        string path = folder["a.vhd"];
        byte[] model = new byte[(11 * MiB) + 512];
        ImageCreator.Create(path, new NewImage(model.Length)
        {
            VhdType = type,
            BlockSize = blockSize,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        var random = new Random(blockSize);
        for (int round = 0; round < 3; round++)
        {
            using VhdImage image = VhdImage.Open(path, Writing);
            for (int i = 0; i < 25; i++)
            {
                int count = random.Next(1, random.Next(4) == 0 ? 3000 : 20);
                int sector = random.Next((model.Length / 512) - count);
                Span<byte> part = model.AsSpan(sector * 512, count * 512);
                random.NextBytes(part);
                image.WriteSectors(sector, part);
            }
        }

        string raw = folder.Write("a.raw", model);
        PeerProcess.Run(PeerPrograms.QemuImg, "compare", "-f", "vpc", "-F", "raw", path, raw);
        Assert.True(model.AsSpan().SequenceEqual(Extract(folder, path)));
    }

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.QemuIO)]
    [InlineData("subformat=dynamic", "20M", 20994048)]
    [InlineData("subformat=dynamic,force_size=on", "20M", 20 * MiB)]
    [InlineData("subformat=fixed", "20M", 20994048)]
    [InlineData("subformat=fixed,force_size=on", "20M", 20 * MiB)]
    [InlineData("subformat=dynamic,force_size=on", "1000000k", 1000000L * 1024)]
    [InlineData("subformat=dynamic", "504M", 504L * MiB)]
    public void WhatQemuWritesWeRead(string options, string size, long expected)
    {
        using var folder = new TempFolder();
        string path = folder["q.vhd"];
        PeerProcess.Run(PeerPrograms.QemuImg, "create", "-q", "-f", "vpc", "-o", options, path, size);
        Assert.Equal(expected, QemuSize(path));
        byte[] head = new byte[8 * MiB];
        void Write(byte pattern, int offset, int length)
        {
            PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", $"write -P {pattern} {offset} {length}", path);
            head.AsSpan(offset, length).Fill(pattern);
        }

        Write(0xA5, 0, 512);
        Write(0x5A, (4 * MiB) - 1024, 2048);
        Write(0x77, 3 * MiB, 65536);
        PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", $"write -P 153 {expected - 512} 512", path);
        using (VhdImage image = VhdImage.Open(path, Writing))
        {
            Assert.DoesNotContain(image.Layout.Findings, finding => finding.Severity > Severity.Note);
            Assert.Equal(expected, (long)image.Layout.Size.SizeBytes);
            byte[] read = new byte[head.Length];
            image.ReadSectors(0, read);
            Assert.True(head.AsSpan().SequenceEqual(read));
            image.ReadSectors(image.SectorCount - 1, read.AsSpan(0, 512));
            Assert.All(read[..512], value => Assert.Equal(153, value));

            // And what we put into it, QEMU reads: over its data, and into a block of ours.
            head.AsSpan(1024, 512).Fill(0x11);
            image.WriteSectors(2, head.AsSpan(1024, 512));
            head.AsSpan((6 * MiB) + 512, 3 * 512).Fill(0x22);
            image.WriteSectors(((6 * MiB) / 512) + 1, head.AsSpan((6 * MiB) + 512, 3 * 512));
        }

        foreach ((int pattern, int offset, int length) in new[]
        {
            (0xA5, 0, 512), (0, 512, 512), (0x11, 1024, 512), (0x5A, (4 * MiB) - 1024, 2048), (0, 6 * MiB, 512),
            (0x22, (6 * MiB) + 512, 1536), (0, (6 * MiB) + 2048, MiB),
        })
        {
            string output = PeerProcess.Run(PeerPrograms.QemuIO, "-r", "-f", "vpc", "-c", $"read -P {pattern} {offset} {length}", path);
            Assert.DoesNotContain("fail", output, StringComparison.Ordinal);
        }
    }

    [PeerFact(PeerPrograms.QemuIO, PeerPrograms.QemuImg)]
    public void WeAndQemuMayWriteInTurn()
    {
        using var folder = new TempFolder();
        string path = folder["a.vhd"];
        byte[] model = new byte[40 * MiB];
        ImageCreator.Create(path, new NewImage(model.Length) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        for (int turn = 0; turn < 10; turn++)
        {
            int offset = (((turn * 7) % 20) * 2 * MiB) + (turn * 4096);
            byte value = (byte)(turn + 1);
            model.AsSpan(offset, 8192).Fill(value);
            if (turn % 2 == 0)
            {
                PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", $"write -P {value} {offset} 8192", path);
            }
            else
            {
                using VhdImage image = VhdImage.Open(path, Writing);
                image.WriteSectors(offset / 512, model.AsSpan(offset, 8192));
            }
        }

        string raw = folder.Write("a.raw", model);
        PeerProcess.Run(PeerPrograms.QemuImg, "compare", "-f", "vpc", "-F", "raw", path, raw);
        using VhdImage all = VhdImage.Open(path);
        Assert.Empty(all.Layout.Findings);
        byte[] read = new byte[model.Length];
        all.ReadSectors(0, read);
        Assert.True(model.AsSpan().SequenceEqual(read));
    }

    [PeerFact(PeerPrograms.QemuImg)]
    public void WhatQemuConvertsWeRead()
    {
        using var folder = new TempFolder();
        byte[] model = new byte[9 * MiB];
        var random = new Random(4);
        random.NextBytes(model.AsSpan(0, 100_000));
        random.NextBytes(model.AsSpan((5 * MiB) + 512, 2 * MiB));
        string raw = folder.Write("a.raw", model);
        foreach (string options in new[] { "subformat=dynamic,force_size=on", "subformat=fixed,force_size=on" })
        {
            string path = folder[$"{options.Length}.vhd"];
            PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "vpc", "-o", options, raw, path);
            using VhdImage image = VhdImage.Open(path);
            Assert.Empty(image.Layout.Findings);
            byte[] read = new byte[model.Length];
            image.ReadSectors(0, read);
            Assert.True(model.AsSpan().SequenceEqual(read));
        }
    }

    [PeerFact(PeerPrograms.SevenZip)]
    public void PartialBitmapsReadAsIn7Zip()
    {
        // Clear bits over zeros, which is what the specification asks for and the only thing that 7-Zip takes.
        using var folder = new TempFolder();
        ImageBytes image = ImageBytes.Dynamic(SoundImage.Size);
        var random = new Random(5);
        for (int block = 0; block < 16; block += 2)
        {
            byte bits = (byte)random.Next(256);
            image.AddBlock(block, 0, [bits]);
            for (int sector = 0; sector < 8; sector++)
            {
                if ((bits & (0x80 >> sector)) != 0)
                {
                    random.NextBytes(image.Bytes.AsSpan(((int)image.GetEntry(block) * 512) + 512 + (sector * 512), 512));
                }
            }
        }

        string path = folder.Write("a.vhd", image.Bytes);
        byte[] ours = new byte[SoundImage.Size];
        using (VhdImage open = VhdImage.Open(path))
        {
            open.ReadSectors(0, ours);
        }

        Assert.Equal(Extract(folder, path), ours);
    }

    [PeerTheory(PeerPrograms.Mke2fs, PeerPrograms.E2fsck, PeerPrograms.Debugfs, PeerPrograms.QemuImg, PeerPrograms.SevenZip)]
    [InlineData(VhdType.Dynamic)]
    [InlineData(VhdType.Fixed)]
    public void AFileSystemComesBackWhole(VhdType type)
    {
        using var folder = new TempFolder();
        string tree = Directory.CreateDirectory(folder["tree"]).FullName;
        var random = new Random(6);
        byte[] big = new byte[3 * MiB];
        random.NextBytes(big);
        File.WriteAllBytes(Path.Combine(tree, "big.bin"), big);
        for (int i = 0; i < 50; i++)
        {
            File.WriteAllText(Path.Combine(tree, $"file {i}.txt"), new string((char)('a' + (i % 26)), i * 100));
        }

        const int Size = 32 * MiB;
        PeerProcess.Run(PeerPrograms.Mke2fs, "-q", "-t", "ext4", "-d", tree, folder["fs.raw"], $"{Size / 1024}k");
        byte[] fileSystem = File.ReadAllBytes(folder["fs.raw"]);
        Assert.Equal(Size, fileSystem.Length);

        string path = folder["fs.vhd"];
        ImageCreator.Create(path, new NewImage(Size) { VhdType = type, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        using (VhdImage image = VhdImage.Open(path, Writing))
        {
            for (int at = 0; at < Size; at += 192 * 1024)
            {
                image.WriteSectors(at / 512, fileSystem.AsSpan(at, Math.Min(192 * 1024, Size - at)));
            }
        }

        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "vpc", "-O", "raw", path, folder["back.raw"]);
        Assert.True(fileSystem.AsSpan().SequenceEqual(File.ReadAllBytes(folder["back.raw"])));
        Assert.True(fileSystem.AsSpan().SequenceEqual(Extract(folder, path)));

        // Left alone, 7-Zip reads the file system inside the image.
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-y", $"-o{folder["files"]}", path);
        Assert.Equal(big, File.ReadAllBytes(Path.Combine(folder["files"], "big.bin")));
        Assert.Equal(File.ReadAllText(Path.Combine(tree, "file 49.txt")), File.ReadAllText(Path.Combine(folder["files"], "file 49.txt")));
        PeerProcess.Run(PeerPrograms.E2fsck, "-fn", folder["back.raw"]);
        PeerProcess.Run(PeerPrograms.Debugfs, "-R", $"dump /big.bin {folder["big.bin"]}", folder["back.raw"]);
        Assert.Equal(big, File.ReadAllBytes(folder["big.bin"]));
    }

    private static long QemuSize(string path)
    {
        using var info = JsonDocument.Parse(PeerProcess.Run(PeerPrograms.QemuImg, "info", "--output=json", "-f", "vpc", path));
        return info.RootElement.GetProperty("virtual-size").GetInt64();
    }

    /// <summary>The disk as 7-Zip extracts it.</summary>
    private static byte[] Extract(TempFolder folder, string path)
    {
        string target = folder["extracted"];
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-y", "-tvhd", $"-o{target}", path);
        return File.ReadAllBytes(Assert.Single(Directory.EnumerateFiles(target)));
    }

    [GeneratedRegex(@"Media size.*\((\d+) bytes\)")]
    private static partial Regex MediaSize();

    [GeneratedRegex(@"Disk type\s*: (.*)")]
    private static partial Regex DiskType();
}
