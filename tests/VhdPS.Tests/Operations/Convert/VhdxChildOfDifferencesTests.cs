using System.Security.Cryptography;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Operations.Convert;

/// <summary>A differencing VHDX that has what differs from a parent, against disks in memory and 7-Zip's reader of chains.</summary>
public sealed class VhdxChildOfDifferencesTests : IDisposable
{
    private const int MiB = 1 << 20;
    private const int OldSize = (5 * MiB) + (3 * 4096);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int, int, int?, bool> Matrix()
    {
        var data = new TheoryData<int, int, int?, bool>();
        foreach (int sectorSize in new[] { 512, 4096 })
        {
            foreach (int sizeChange in new[] { 0, 2 * MiB, 4096, -4096, -2 * MiB })
            {
                data.Add(sectorSize, sizeChange, null, false);
                data.Add(sectorSize, sizeChange, MiB, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void The_child_is_the_source_and_has_what_differs_alone(int sectorSize, int sizeChange, int? blockSize, bool hasManifest)
    {
        foreach (string content in DiskModel.Contents)
        {
            using var folder = new TempFolder();
            byte[] old = DiskModel.Make(content, OldSize);
            byte[] now = Change(old, OldSize + sizeChange, sizeChange + sectorSize);
            string parent = Image(folder, "old.vhdx", old, sectorSize), source = Image(folder, "now.vhdx", now, sectorSize);
            ConvertResult result = Convert(Options(source, folder["child.vhdx"], parent) with
            {
                BlockSize = blockSize,
                Verify = true,
                ParentManifest = hasManifest ? ManifestOf(parent, 65536) : null,
            });
            Assert.Equal((DiskFormat.Differencing, (long)now.Length), (result.Format, result.SizeBytes));
            Assert.Equal(now, Read(folder["child.vhdx"]));
            AssertOwn(folder["child.vhdx"], old, now, sectorSize, knowsZeros: !hasManifest);
            AssertSound(folder["child.vhdx"]);
            Assert.Equal(["child.vhdx", "now.vhdx", "old.vhdx"], FileNames(folder));
        }
    }

    [Fact]
    public void Equal_disks_make_a_child_without_blocks_and_two_runs_equal_files()
    {
        byte[] old = DiskModel.Make("scattered", OldSize);
        string parent = Image(_folder, "old.vhdx", old, 512), other = _folder.Write("other.raw", Change(old, OldSize, 5));
        ConvertOptions options = Options(parent, _folder["same.vhdx"], parent);
        Assert.Equal(0, Convert(options).WrittenBytes);
        Assert.Equal(4 * MiB, new FileInfo(_folder["same.vhdx"]).Length);
        options = options with { SourcePath = other, SourceFormat = SourceFormat.Raw };
        Convert(options with { TargetPath = _folder["b.vhdx"] });
        Convert(options with { TargetPath = _folder["c.vhdx"], ParentManifest = ManifestOf(parent, 4096) });
        Assert.Equal(File.ReadAllBytes(_folder["b.vhdx"]), File.ReadAllBytes(_folder["c.vhdx"]));
    }

    /// <summary>Where all of a block differs it needs no bits, and where the disk has zeros no place.</summary>
    [Fact]
    public void Whole_blocks_are_fully_present_or_zero()
    {
        byte[] old = DiskModel.Make("full", 4 * MiB), now = [.. old];
        now.AsSpan(MiB, MiB).Clear();
        for (int at = 2 * MiB; at < 3 * MiB; at++)
        {
            now[at] ^= 0xFF;
        }

        string parent = Image(_folder, "old.vhdx", old, 512), source = Image(_folder, "now.vhdx", now, 512);
        Convert(Options(source, _folder["child.vhdx"], parent) with { BlockSize = MiB, Verify = true });
        Assert.Equal((4 + 1) * MiB, new FileInfo(_folder["child.vhdx"]).Length);
        AssertOwn(_folder["child.vhdx"], old, now, 512, knowsZeros: true);
        AssertSound(_folder["child.vhdx"]);
    }

    [Fact]
    public void What_cannot_be_made_is_refused_and_leaves_everything()
    {
        byte[] old = DiskModel.Make("scattered", OldSize);
        string parent = Image(_folder, "old.vhdx", old, 512), wide = Image(_folder, "wide.vhdx", old, 4096);
        string raw = _folder.Write("now.raw", old), vhd = _folder["old.vhd"];
        Convert(new ConvertOptions(raw, vhd)
        {
            SourceFormat = SourceFormat.Raw,
            TargetFormat = DiskFormat.Dynamic,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        string[] before = FileNames(_folder);
        ConvertOptions good = Options(raw, _folder["child.vhdx"], parent) with { SourceFormat = SourceFormat.Raw };
        ConvertOptions[] wrong =
        [
            good with { ParentPath = vhd },
            good with { TargetPath = _folder["child.vhd"], TargetImageFormat = VhdFormat.Vhd },
            good with { ParentPath = wide },
            good with { LogicalSectorSize = 4096 },
            good with { BlockSize = 3 * MiB },
            good with { UniqueId = DiskModel.UniqueId },
        ];
        foreach (ConvertOptions options in wrong)
        {
            Assert.Throws<ArgumentException>(() => Convert(options));
        }

        foreach (string target in new[] { parent, raw })
        {
            var error = Assert.Throws<VhdOperationException>(() => Convert(good with { TargetPath = target, Force = true }));
            Assert.Equal(OperationError.SameFile, error.Code);
        }

        Assert.Equal(before, FileNames(_folder));
    }

    /// <summary>A night's child upon the night's before: 7-Zip reads the chain, and libvhdi knows the parent.</summary>
    [PeerTheory(PeerPrograms.SevenZip, PeerPrograms.VhdiInfo)]
    [InlineData(512)]
    [InlineData(4096)]
    public void Other_programs_read_a_chain_of_children(int sectorSize)
    {
        // 7-Zip opens no disk in sectors of 4096 bytes that is not a whole number of MiB, be it a child or not.
        byte[] disk = DiskModel.Make("scattered", sectorSize == 512 ? OldSize : 6 * MiB);
        string top = Image(_folder, "night0.vhdx", disk, sectorSize);
        for (int night = 1; night <= 3; night++)
        {
            disk = Change(disk, disk.Length, night);
            string source = Image(_folder, "now.vhdx", disk, sectorSize), child = _folder[$"night{night}.vhdx"];
            Convert(Options(source, child, top) with { BlockSize = MiB << (night % 2), Verify = true });
            top = child;
            string output = _folder[$"out{night}"];
            PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tVHDX", "-y", $"-o{output}", child);
            Assert.Equal(disk, File.ReadAllBytes(Assert.Single(Directory.GetFiles(output))));
        }

        string info = PeerProcess.Run(PeerPrograms.VhdiInfo, top);
        Assert.Contains("Differential", info, StringComparison.Ordinal);
        Assert.Contains($"{IdOf(_folder["night2.vhdx"])}", info, StringComparison.OrdinalIgnoreCase);
    }

    private static byte[] Read(string path)
    {
        using DiskSource source = DiskSource.Open(path, SourceFormat.Vhd);
        byte[] disk = new byte[source.SizeBytes];
        source.ReadAt(0, disk);
        return disk;
    }

    private static Guid IdOf(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return VhdxLayout.Read(file).Header!.DataWriteGuid;
    }

    /// <summary>Changes of every kind: some bytes, whole blocks, zeros over data, and the end.</summary>
    private static byte[] Change(byte[] old, int size, int seed)
    {
        var random = new Random(seed);
        byte[] now = new byte[size];
        old.AsSpan(0, Math.Min(old.Length, size)).CopyTo(now);
        for (int i = 0; i < 12; i++)
        {
            int at = random.Next(size), length = Math.Min(random.Next(1, i < 9 ? 9000 : 3 * MiB / 2), size - at);
            Span<byte> part = now.AsSpan(at, length);
            if (random.Next(3) == 0)
            {
                part.Clear();
            }
            else
            {
                random.NextBytes(part);
            }
        }

        now[size - 1] ^= 1;
        return now;
    }

    /// <summary>Sectors that do not differ are the parent's, but for those of a block that is zeros as a whole.</summary>
    private static void AssertOwn(string path, byte[] old, byte[] now, int sectorSize, bool knowsZeros)
    {
        using VhdxImage image = VhdxImage.Open(LocalImageFile.OpenRead(path));
        int blockSize = image.Layout.Metadata!.BlockSize;
        byte[] below = new byte[now.Length];
        old.AsSpan(0, Math.Min(old.Length, now.Length)).CopyTo(below);
        for (int blockStart = 0; blockStart < now.Length; blockStart += blockSize)
        {
            int blockEnd = Math.Min(blockStart + blockSize, now.Length);
            bool isZero = now.AsSpan(blockStart, blockEnd - blockStart).IndexOfAnyExcept((byte)0) < 0;
            for (int at = blockStart; at < blockEnd; at += sectorSize)
            {
                bool differs = !now.AsSpan(at, sectorSize).SequenceEqual(below.AsSpan(at, sectorSize));
                VhdxOrigin origin = image.Find(at, sectorSize).Origin;
                Assert.True(
                    differs == (origin != VhdxOrigin.Parent) || (isZero && knowsZeros && origin == VhdxOrigin.Zero),
                    $"the sector at {at} is of {origin}");
            }
        }
    }

    private static void AssertSound(string path) => Assert.DoesNotContain(
        ImageChecker.Check(path, new CheckOptions { Full = true, Parents = ParentPolicy.Default }).Findings,
        finding => finding.Severity != Severity.Note);

    private static string Image(TempFolder folder, string name, byte[] disk, int sectorSize)
    {
        string raw = folder.Write(name + ".raw", disk);
        Convert(new ConvertOptions(raw, folder[name])
        {
            SourceFormat = SourceFormat.Raw,
            TargetFormat = DiskFormat.Dynamic,
            TargetImageFormat = VhdFormat.Vhdx,
            LogicalSectorSize = sectorSize,
            Force = true,
            UniqueId = name == "old.vhdx" ? DiskModel.UniqueId : Guid.NewGuid(),
            TimeStamp = DiskModel.TimeStamp,
        });
        File.Delete(raw);
        return folder[name];
    }

    private static BlockManifest ManifestOf(string path, int blockSize)
    {
        using DiskSource source = DiskSource.Open(path, SourceFormat.Vhd);
        var origin = ManifestOrigin.Of(source, isPlain: true);
        return new BlockManifest(
            origin, HashAlgorithmName.SHA256, blockSize, [.. DiskHash.ComputeBlocks(source, HashAlgorithmName.SHA256, blockSize)]);
    }

    private static ConvertResult Convert(ConvertOptions options)
    {
        using ConvertOperation operation = ConvertOperation.Begin(options);
        return operation.Run();
    }

    private static string[] FileNames(TempFolder folder) =>
        [.. Directory.GetFiles(folder.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static readonly Guid ChildId = new("9f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f1");

    private static ConvertOptions Options(string source, string target, string parent) => new(source, target)
    {
        TargetFormat = DiskFormat.Differencing,
        TargetImageFormat = VhdFormat.Vhdx,
        ParentPath = parent,
        UniqueId = parent.EndsWith("old.vhdx", StringComparison.Ordinal) ? ChildId : Guid.NewGuid(),
        TimeStamp = DiskModel.TimeStamp,
    };
}
