using System.Security.Cryptography;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Operations.Convert;

/// <summary>A child that has what differs from a parent, against disks in memory.</summary>
public sealed class ChildOfDifferencesTests : IDisposable
{
    private const int SectorSize = 512;
    private const int OldSize = (3 << 20) + 1536;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int, string, int?> Matrix()
    {
        var data = new TheoryData<int, string, int?>();
        foreach (int sizeChange in new[] { 0, 1 << 20, 512, -512, -(1 << 20) })
        {
            foreach (string form in new[] { "fixed", "dynamic", "small blocks backward" })
            {
                data.Add(sizeChange, form, null);
                data.Add(sizeChange, form, 4096);
                data.Add(sizeChange, form, 512);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void The_child_is_the_source_and_has_the_bits_of_what_differs_alone(int sizeChange, string parentForm, int? blockSize)
    {
        foreach (string content in DiskModel.Contents)
        {
            foreach (bool hasManifest in new[] { false, true })
            {
                using var folder = new TempFolder();
                byte[] old = DiskModel.Make(content, OldSize);
                byte[] now = Change(old, OldSize + sizeChange, seed: OldSize + sizeChange);
                string parent = ParentIn(folder, parentForm, old);
                string source = folder.Write("now.raw", now);
                ConvertOptions options = Options(source, folder["child.vhd"], parent) with
                {
                    SourceFormat = SourceFormat.Raw,
                    BlockSize = blockSize,
                    Verify = true,
                    ParentManifest = hasManifest ? ManifestOf(parent, 65536) : null,
                };
                ConvertResult result = Convert(options);

                Assert.Equal((DiskFormat.Differencing, (long)now.Length), (result.Format, result.SizeBytes));
                Assert.Equal(now, DiskModel.Read(folder["child.vhd"], SourceFormat.Vhd));
                AssertBits(folder["child.vhd"], old, now);
                AssertSound(folder["child.vhd"]);
                Assert.Equal(["child.vhd", "now.raw", "old.vhd"], FileNames(folder));
            }
        }
    }

    [Fact]
    public void Random_disks_night_after_night_are_a_chain_that_reads_and_merges_to_each_of_them()
    {
        for (int seed = 0; seed < 12; seed++)
        {
            using var folder = new TempFolder();
            var random = new Random(seed);
            byte[] disk = DiskModel.Make("scattered", OldSize, seed);
            string top = ParentIn(folder, seed % 2 == 0 ? "dynamic" : "fixed", disk);
            for (int night = 1; night <= 4; night++)
            {
                disk = Change(disk, Math.Max(SectorSize, disk.Length + (random.Next(-40, 60) * SectorSize)), random.Next());
                string source = folder.Write($"night{night}.raw", disk);
                string child = folder[$"night{night}.vhd"];
                Convert(Options(source, child, top) with
                {
                    SourceFormat = SourceFormat.Raw,
                    BlockSize = 512 << random.Next(0, 13),
                    ParentManifest = random.Next(2) == 0 ? ManifestOf(top, 4096 << random.Next(0, 9)) : null,
                });
                Assert.Equal(disk, DiskModel.Read(child, SourceFormat.Vhd));
                top = child;
            }

            AssertSound(top);
            MergeOperation.Run(new MergeOptions(top)
            {
                DestinationPath = folder["whole.vhd"],
                UniqueId = Guid.NewGuid(),
                TimeStamp = VhdSpec.Epoch,
            });
            Assert.Equal(disk, DiskModel.Read(folder["whole.vhd"], SourceFormat.Vhd));
        }
    }

    [Fact]
    public void Equal_disks_make_a_child_without_blocks_and_two_runs_equal_files()
    {
        byte[] disk = DiskModel.Make("scattered", OldSize);
        string parent = ParentIn(_folder, "dynamic", disk);
        string same = _folder.Write("same.raw", disk), other = _folder.Write("other.raw", Change(disk, OldSize, 5));
        ConvertOptions options = Options(same, _folder["a.vhd"], parent) with { SourceFormat = SourceFormat.Raw };
        Assert.Equal(0, Convert(options).WrittenBytes);
        using (VhdImage image = VhdImage.Open(_folder["a.vhd"]))
        {
            Assert.Equal(0, image.Map.Table!.CountAllocated());
        }

        options = options with { SourcePath = other };
        Convert(options with { TargetPath = _folder["b.vhd"] });
        Convert(options with { TargetPath = _folder["c.vhd"], ParentManifest = ManifestOf(parent, 4096) });
        Assert.Equal(File.ReadAllBytes(_folder["b.vhd"]), File.ReadAllBytes(_folder["c.vhd"]));
    }

    [Fact]
    public void A_differencing_source_is_read_through_its_own_parents()
    {
        byte[] old = DiskModel.Make("scattered", OldSize), now = Change(old, OldSize, 9);
        string parent = ParentIn(_folder, "dynamic", old);
        Convert(Options(_folder.Write("now.raw", now), _folder["now.vhd"], parent) with { SourceFormat = SourceFormat.Raw });
        byte[] later = Change(now, OldSize, 10);
        string raw = _folder.Write("later.raw", later);
        Convert(Options(raw, _folder["later.vhd"], _folder["now.vhd"]) with { SourceFormat = SourceFormat.Raw });

        Convert(Options(_folder["later.vhd"], _folder["both.vhd"], parent) with { Verify = true });
        Assert.Equal(later, DiskModel.Read(_folder["both.vhd"], SourceFormat.Vhd));
        AssertBits(_folder["both.vhd"], old, later);
    }

    [Fact]
    public void A_child_sees_its_parent_in_the_larger_of_its_sizes_and_what_differs_is_taken_from_that()
    {
        // CHS of 17 sectors less than the current size: a reader of the parent alone sees the smaller one.
        byte[] old = DiskModel.Make("full", OldSize);
        string parent = ParentIn(_folder, "fixed", old);
        byte[] bytes = File.ReadAllBytes(parent);
        var footer = HardDiskFooter.Parse(bytes.AsSpan(OldSize));
        footer = footer.With(creatorApplication: "vpc ", geometry: new DiskGeometry(88, 4, 17));
        footer.Bytes.CopyTo(bytes.AsSpan(OldSize));
        File.WriteAllBytes(parent, bytes);
        using (VhdImage image = VhdImage.Open(parent))
        {
            Assert.True(image.SectorCount * SectorSize < OldSize);
        }

        byte[] now = [.. old];
        now.AsSpan(OldSize - (20 * SectorSize)).Clear();
        string source = _folder.Write("now.raw", now);
        foreach (bool hasManifest in new[] { false, true })
        {
            Convert(Options(source, _folder["child.vhd"], parent) with
            {
                SourceFormat = SourceFormat.Raw,
                Force = true,
                ParentManifest = hasManifest ? ManifestOf(parent, 4096) : null,
            });
            Assert.Equal(now, DiskModel.Read(_folder["child.vhd"], SourceFormat.Vhd));
            AssertBits(_folder["child.vhd"], old, now);
        }
    }

    [Fact]
    public void A_manifest_that_is_cut_off_or_names_other_hashes_costs_time_and_no_data()
    {
        byte[] old = DiskModel.Make("full", OldSize), now = Change(old, OldSize, 3);
        string parent = ParentIn(_folder, "fixed", old), source = _folder.Write("now.raw", now);
        BlockHash[] blocks = Blocks(parent, 4096, out ManifestOrigin origin);
        BlockHash[][] poor =
        [
            [],
            blocks[..(blocks.Length / 3)],
            [.. blocks.Select(block => block with { Hash = SHA256.HashData([1]) })],
            [.. blocks.Select(block => block with { Length = block.Length - SectorSize })],
        ];
        foreach (BlockHash[] some in poor)
        {
            Convert(Options(source, _folder["child.vhd"], parent) with
            {
                SourceFormat = SourceFormat.Raw,
                Force = true,
                ParentManifest = new BlockManifest(origin, HashAlgorithmName.SHA256, 4096, some),
            });
            Assert.Equal(now, DiskModel.Read(_folder["child.vhd"], SourceFormat.Vhd));
            AssertBits(_folder["child.vhd"], old, now);
        }
    }

    [Fact]
    public void With_a_manifest_equal_blocks_of_the_parent_are_not_read()
    {
        byte[] old = DiskModel.Make("full", 4 << 20);
        byte[] now = [.. old];
        now[(1 << 20) + 5] ^= 1;
        string parent = ParentIn(_folder, "fixed", old), source = _folder.Write("now.raw", now);
        BlockManifest manifest = ManifestOf(parent, 4096);

        // A change that no stamp shows: were the parent read there, it would be in the child.
        DateTime time = File.GetLastWriteTimeUtc(parent);
        using (FileStream file = File.OpenWrite(parent))
        {
            file.Position = 3 << 20;
            file.Write(new byte[4096]);
        }

        File.SetLastWriteTimeUtc(parent, time);
        ConvertOptions options = Options(source, _folder["child.vhd"], parent) with
        {
            SourceFormat = SourceFormat.Raw,
            ParentManifest = manifest,
        };
        Convert(options);
        using (VhdImage child = VhdImage.Open(_folder["child.vhd"]))
        {
            Assert.Equal([0], Enumerable.Range(0, child.Map.Table!.Count).Where(block => child.Map.Table[block] != VhdSpec.UnusedEntry));
        }

        // And that is what -Verify finds.
        var error = Assert.Throws<ImageIOException>(() => Convert(options with { Force = true, Verify = true }));
        Assert.Equal(ImageIOOperation.Verify, error.Operation);
    }

    [Theory]
    [InlineData("id")]
    [InlineData("size")]
    [InlineData("rule")]
    [InlineData("stamp")]
    [InlineData("none")]
    [InlineData("written")]
    public void A_manifest_that_is_not_the_parents_is_refused(string what)
    {
        byte[] old = DiskModel.Make("full", OldSize);
        string parent = ParentIn(_folder, "fixed", old), source = _folder.Write("now.raw", old);
        BlockHash[] blocks = Blocks(parent, 4096, out ManifestOrigin origin);
        if (what == "written")
        {
            File.SetLastWriteTimeUtc(parent, File.GetLastWriteTimeUtc(parent).AddMilliseconds(1));
        }

        origin = what switch
        {
            "id" => origin with { UniqueId = Guid.NewGuid() },
            "size" => origin with { SizeBytes = origin.SizeBytes + SectorSize },
            "rule" => origin with { SizeRule = SizeRule.Chs },
            "stamp" => origin with { FilesStamp = new string('0', 32) },
            "none" => origin with { FilesStamp = string.Empty },
            _ => origin,
        };
        var error = Assert.Throws<VhdOperationException>(() => Convert(Options(source, _folder["child.vhd"], parent) with
        {
            SourceFormat = SourceFormat.Raw,
            ParentManifest = new BlockManifest(origin, HashAlgorithmName.SHA256, 4096, blocks),
        }));
        Assert.Equal(OperationError.ManifestMismatch, error.Code);
        Assert.Equal(["now.raw", "old.vhd"], FileNames(_folder));
    }

    [Fact]
    public void A_hash_that_proves_nothing_and_blocks_that_are_none_are_refused()
    {
        var origin = new ManifestOrigin(Guid.NewGuid(), 4096, SizeRule.CurrentSize, "00");
        Assert.Throws<ArgumentException>(() => new BlockManifest(origin, HashAlgorithmName.MD5, 4096, []));
        Assert.Throws<ArgumentException>(() => new BlockManifest(origin, HashAlgorithmName.SHA1, 4096, []));
        Assert.Throws<ArgumentException>(() => new BlockManifest(origin, HashAlgorithmName.SHA256, 12288, []));
        Assert.Throws<ArgumentException>(
            () => new BlockManifest(origin, HashAlgorithmName.SHA256, 4096, [new BlockHash(512, 4096, new byte[32])]));
        Assert.Throws<ArgumentException>(
            () => new BlockManifest(origin, HashAlgorithmName.SHA256, 4096, [new BlockHash(0, 4096, new byte[20])]));
    }

    [Fact]
    public void What_cannot_be_made_is_refused_and_leaves_everything()
    {
        byte[] old = DiskModel.Make("scattered", OldSize);
        string parent = ParentIn(_folder, "dynamic", old), source = _folder.Write("now.raw", old);
        ImageCreator.Create(_folder["base.vhd"], new NewImage(OldSize) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ChildCreator.Create(
            _folder["middle.vhd"], new NewChild(_folder["base.vhd"]) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Dictionary<string, byte[]> before = Contents();
        ConvertOptions good = Options(source, _folder["child.vhd"], parent) with { SourceFormat = SourceFormat.Raw };

        Assert.Equal(OperationError.SameFile, Refusal(good with { TargetPath = parent, Force = true }));
        Assert.Equal(OperationError.SameFile, Refusal(good with { TargetPath = source, Force = true }));
        Assert.Equal(OperationError.TargetExists, Refusal(good with { TargetPath = _folder["middle.vhd"] }));
        Assert.Equal(
            OperationError.SameFile,
            Refusal(good with { ParentPath = _folder["middle.vhd"], TargetPath = _folder["base.vhd"], Force = true }));
        Assert.Equal(
            OperationError.SameFile,
            Refusal(good with
            {
                SourcePath = _folder["base.vhd"],
                SourceFormat = SourceFormat.Vhd,
                ParentPath = _folder["middle.vhd"],
                DeleteSource = true,
                Force = true,
            }));
        ConvertOptions[] bad =
        [
            good with { ParentPath = null },
            good with { TargetFormat = DiskFormat.Dynamic },
            good with { TargetImageFormat = VhdFormat.Vhdx },
            good with { Salvage = true },
            good with { UniqueId = DiskModel.UniqueId },
            good with { BlockSize = 3000 },
            good with { LogicalSectorSize = 4096 },
            good with { FitFor = CheckTarget.Azure },
        ];
        Assert.All(bad, options => Assert.Throws<ArgumentException>(() => Convert(options)));
        Assert.Throws<FileNotFoundException>(() => Convert(good with { ParentPath = _folder["none.vhd"] }));
        Assert.Equal(before, Contents());
    }

    [Theory]
    [InlineData("old.vhd")]
    [InlineData("now.raw")]
    public void A_parent_or_source_that_changes_under_way_makes_no_child(string changed)
    {
        byte[] old = DiskModel.Make("full", OldSize);
        string parent = ParentIn(_folder, "fixed", old), source = _folder.Write("now.raw", Change(old, OldSize, 4));
        using ConvertOperation operation = ConvertOperation.Begin(
            Options(source, _folder["child.vhd"], parent) with { SourceFormat = SourceFormat.Raw });
        var once = new Once(() => File.SetLastWriteTimeUtc(_folder[changed], DateTime.UtcNow.AddSeconds(5)));
        Assert.Throws<ImageInUseException>(() => operation.Run(once));
        Assert.Equal(["now.raw", "old.vhd"], FileNames(_folder));
    }

    [Fact]
    public void Stopped_it_leaves_nothing()
    {
        byte[] old = DiskModel.Make("full", OldSize);
        string parent = ParentIn(_folder, "fixed", old), source = _folder.Write("now.raw", Change(old, OldSize, 4));
        using ConvertOperation operation = ConvertOperation.Begin(
            Options(source, _folder["child.vhd"], parent) with { SourceFormat = SourceFormat.Raw });
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => operation.Run(new Once(stop.Cancel), stop.Token));
        Assert.Equal(["now.raw", "old.vhd"], FileNames(_folder));
    }

    [PeerFact(PeerPrograms.VhdiInfo)]
    public void Libvhdi_knows_the_child_and_its_parent()
    {
        byte[] old = DiskModel.Make("scattered", OldSize);
        string parent = ParentIn(_folder, "dynamic", old), source = _folder.Write("now.raw", Change(old, OldSize, 7));
        Convert(Options(source, _folder["child.vhd"], parent) with { SourceFormat = SourceFormat.Raw });
        string info = PeerProcess.Run(PeerPrograms.VhdiInfo, _folder["child.vhd"]);
        Assert.Contains("Differential", info, StringComparison.Ordinal);
        Assert.Contains($"{DiskModel.UniqueId}", info, StringComparison.OrdinalIgnoreCase);
    }

    [PeerFact(PeerPrograms.SevenZip)]
    public void SevenZip_reads_the_child_through_its_parent()
    {
        byte[] old = DiskModel.Make("scattered", OldSize), now = Change(old, OldSize, 7);
        string parent = ParentIn(_folder, "dynamic", old), source = _folder.Write("now.raw", now);
        Convert(Options(source, _folder["child.vhd"], parent) with { SourceFormat = SourceFormat.Raw, BlockSize = 2 << 20 });
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tvhd", $"-o{_folder["out"]}", _folder["child.vhd"]);
        Assert.Equal(now, File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder["out"]))));
    }

    private static byte[] Change(byte[] old, int size, int seed)
    {
        var random = new Random(seed);
        byte[] now = new byte[size];
        old.AsSpan(0, Math.Min(size, old.Length)).CopyTo(now);
        for (int i = 0; i < 12; i++)
        {
            int start = random.Next(size), length = Math.Min(random.Next(1, i % 3 == 0 ? 200_000 : 3000), size - start);
            Span<byte> range = now.AsSpan(start, length);
            if (i % 2 == 0)
            {
                range.Clear();
            }
            else
            {
                random.NextBytes(range);
            }
        }

        if (size > old.Length)
        {
            now[^1] = 0x77;
        }

        return now;
    }

    private static string ParentIn(TempFolder folder, string form, byte[] disk)
    {
        string path = DiskModel.Write(folder, form, disk);
        File.Move(path, folder["old.vhd"]);
        return folder["old.vhd"];
    }

    private static BlockHash[] Blocks(string path, int blockSize, out ManifestOrigin origin)
    {
        using DiskSource source = DiskSource.Open(path, SourceFormat.Vhd);
        origin = ManifestOrigin.Of(source, isPlain: true);
        return [.. DiskHash.ComputeBlocks(source, HashAlgorithmName.SHA256, blockSize)];
    }

    private static BlockManifest ManifestOf(string path, int blockSize)
    {
        BlockHash[] blocks = Blocks(path, blockSize, out ManifestOrigin origin);
        return new BlockManifest(origin, HashAlgorithmName.SHA256, blockSize, blocks);
    }

    private static void AssertBits(string path, byte[] old, byte[] now)
    {
        using VhdImage image = VhdImage.Open(path);
        var set = new List<int>();
        for (int blockIndex = 0; blockIndex < image.Map.Table!.Count; blockIndex++)
        {
            uint entry = image.Map.Table[blockIndex];
            if (entry == VhdSpec.UnusedEntry)
            {
                continue;
            }

            byte[]? bitmap = image.Map.Bitmaps!.Get(blockIndex, entry);
            for (int sector = 0; sector < image.Layout.SectorsInBlock(blockIndex); sector++)
            {
                if (bitmap is null || SectorBitmap.IsSet(bitmap, sector))
                {
                    set.Add((blockIndex * image.Layout.SectorsPerBlock) + sector);
                }
            }
        }

        int[] expected = [.. Enumerable.Range(0, now.Length / SectorSize).Where(sector => Differs(sector, old, now))];
        Assert.Equal(expected, set);
    }

    private static bool Differs(int sector, byte[] old, byte[] now)
    {
        ReadOnlySpan<byte> own = now.AsSpan(sector * SectorSize, SectorSize);
        return (sector + 1) * SectorSize > old.Length
            ? own.ContainsAnyExcept((byte)0)
            : !own.SequenceEqual(old.AsSpan(sector * SectorSize, SectorSize));
    }

    private static void AssertSound(string path) => Assert.DoesNotContain(
        ImageChecker.Check(path, new CheckOptions { Full = true }).Findings, finding => finding.Severity != Severity.Note);

    private static ConvertResult Convert(ConvertOptions options)
    {
        using ConvertOperation operation = ConvertOperation.Begin(options);
        return operation.Run();
    }

    private static OperationError Refusal(ConvertOptions options) =>
        Assert.Throws<VhdOperationException>(() => Convert(options)).Code;

    private static string[] FileNames(TempFolder folder) =>
        [.. Directory.GetFiles(folder.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static ConvertOptions Options(string source, string target, string parent) => new(source, target)
    {
        TargetFormat = DiskFormat.Differencing,
        ParentPath = parent,
        UniqueId = Guid.NewGuid(),
        TimeStamp = DiskModel.TimeStamp,
    };

    private Dictionary<string, byte[]> Contents() =>
        Directory.GetFiles(_folder.Root).Order(StringComparer.Ordinal).ToDictionary(path => path, File.ReadAllBytes);

    private sealed class Once(Action action) : IProgress<WorkProgress>
    {
        private bool _isDone;

        public void Report(WorkProgress value)
        {
            if (!_isDone)
            {
                _isDone = true;
                action();
            }
        }
    }
}
