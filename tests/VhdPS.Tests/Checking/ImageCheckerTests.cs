using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Checking;

public sealed class ImageCheckerTests
{
    private static readonly DateTime Now = new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void FindsEachFaultWhereItIs()
    {
        foreach (CheckCase expected in CheckCases.All())
        {
            CheckReport report = Check(expected.Bytes, expected.Target);
            Assert.True(
                report.Findings.Any(finding => finding.Code == expected.Code && finding.Severity == expected.Severity
                    && finding.FileOffset == expected.FileOffset),
                $"{expected}{Describe(report)}");
        }
    }

    /// <summary>Every fault has an image above, or cannot be one of a single file's content.</summary>
    [Fact]
    public void KnowsEveryFault()
    {
        FaultCode[] elsewhere =
        [
            FaultCode.NotRegularFile, FaultCode.ParentNotFound, FaultCode.ParentIdMismatch, FaultCode.ParentIdNull, FaultCode.ChainCycle,
            FaultCode.ChainTooDeep, FaultCode.ParentDamaged, FaultCode.ParentTimeStampDiffers, FaultCode.HyperVFileSparse,
            FaultCode.HyperVFileHasHoles, FaultCode.UndoFileDamaged,
        ];

        // The faults of a VHDX have their cases beside its checker.
        IEnumerable<FaultCode> ofVhd = Enum.GetValues<FaultCode>().Except(elsewhere)
            .Where(code => !$"{code}".Contains("Vhdx", StringComparison.Ordinal));
        Assert.Equal(
            ofVhd.Order(), CheckCases.All().Select(expected => expected.Code).Distinct().Order());
    }

    /// <summary>Hyper-V goes by the attributes, whatever the file takes on the medium; elsewhere there are only the holes.</summary>
    [Theory]
    [InlineData(FileAttributes.Archive, null)]
    [InlineData(FileAttributes.Archive | FileAttributes.SparseFile, FaultCode.HyperVFileSparse)]
    [InlineData(FileAttributes.Compressed, FaultCode.HyperVFileSparse)]
    [InlineData(FileAttributes.Encrypted, FaultCode.HyperVFileSparse)]
    [InlineData(null, FaultCode.HyperVFileHasHoles)]
    public void HyperVFileSparse_ByTheAttributes(FileAttributes? attributes, FaultCode? expected)
    {
        // The double has fewer bytes on the medium than its length.
        using var file = new AttributedFile(new MemoryImageFile(SoundImage.Dynamic().Bytes), attributes);
        CheckReport report = ImageChecker.Check(file, new CheckOptions { Target = CheckTarget.HyperV, Now = Now });
        Assert.Equal(
            expected,
            report.Findings.Select(finding => (FaultCode?)finding.Code)
                .SingleOrDefault(code => code is FaultCode.HyperVFileSparse or FaultCode.HyperVFileHasHoles));
    }

    [SampleFact]
    public void RaisesNoFalseAlarmOnImagesOfOtherPrograms()
    {
        foreach (string path in Directory.EnumerateFiles(Repository.Samples!, "*.vhd"))
        {
            CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true, Now = Now });
            Assert.True(report.ErrorCount + report.WarningCount == 0, path + Describe(report));
        }
    }

    [PeerFact(PeerPrograms.QemuImg, PeerPrograms.QemuIO)]
    public void RaisesNoFalseAlarmOnImagesOfQemu()
    {
        using var folder = new TempFolder();
        string[] subformats = ["subformat=dynamic", "subformat=fixed", "subformat=dynamic,force_size=on", "subformat=fixed,force_size=on"];
        foreach (string options in subformats)
        {
            foreach (string size in new[] { "512", "1M", "7M", "20M", "504M" })
            {
                string path = folder[$"{options}-{size}.vhd"];
                PeerProcess.Run(PeerPrograms.QemuImg, "create", "-q", "-f", "vpc", "-o", options, path, size);
                AssertClean(path);
                PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", "write -P 7 0 512", path);
                AssertClean(path);
                if (size is not ("512" or "1M"))
                {
                    PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", "write -P 9 5M 2M", "-c", "write -P 8 2M 1k", path);
                    AssertClean(path);
                }

                File.Delete(path);
            }
        }
    }

    [Fact]
    public void RaisesNoAlarmOnOwnImages()
    {
        using var folder = new TempFolder();
        var random = new Random(3);
        for (int i = 0; i < 40; i++)
        {
            string path = folder[$"{i}.vhd"];
            var image = new NewImage(random.NextInt64(1, 1L << random.Next(10, 27)))
            {
                VhdType = random.Next(3) == 0 ? VhdType.Fixed : VhdType.Dynamic,
                BlockSize = 4096 << random.Next(0, 11),
                GeometryRule = random.Next(2) == 0 ? GeometryRule.Chs : GeometryRule.Exact,
                UniqueId = new Guid(i + 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
                TimeStamp = Now,
            };
            ImageCreator.Create(path, image);
            using (VhdImage open = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
            {
                for (int write = 0; write < 20; write++)
                {
                    byte[] data = new byte[512 * (int)Math.Min(open.SectorCount, random.Next(1, 9))];
                    random.NextBytes(data);
                    open.WriteSectors(random.NextInt64(open.SectorCount - (data.Length / 512) + 1), data);
                }
            }

            CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true, Now = Now });
            Assert.True(report.Findings.Count == 0, image + Describe(report));
        }
    }

    [Fact]
    public void ListsAtMostTheLimitAndCountsAll()
    {
        var image = ImageBytes.Dynamic(512L * 20_000, 512);
        for (int block = 0; block < 20_000; block++)
        {
            image.PutEntry(block, block % 2 == 0 ? 0u : 0xFFFFFFF0u);
        }

        CheckReport report = ImageChecker.Check(image.ToFile(), new CheckOptions { FindingLimit = 10 });
        Assert.Equal(20_000, report.ErrorCount);
        Assert.Equal(22, report.Findings.Count(finding => finding.Severity == Severity.Error));
        Assert.Contains(report.Findings, finding => finding.Code == FaultCode.BatEntryPastEnd && finding.Actual == "10000 in all");
        Assert.False(report.IsValid);
    }

    [Fact]
    public void TakesLittleMemoryForAFullTableOf2040GiB()
    {
        foreach (bool isOrdered in new[] { true, false })
        {
            using MemoryImageFile file = MakeFull(isOrdered);
            long before = GC.GetAllocatedBytesForCurrentThread();
            CheckReport report = ImageChecker.Check(file);
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(report.Findings.Count == 0, Describe(report));
            Assert.InRange(taken, 0, 32L * 1024 * 1024);
        }
    }

    [Fact]
    public void SeesThatOneBlockOfAMillionOverlapsAnother()
    {
        using MemoryImageFile file = MakeFull(isOrdered: false);
        byte[] entry = new byte[4];
        file.ReadAt(1536 + (4 * 777_777L), entry);
        entry[3] ^= 1;
        file.WriteAt(1536 + (4 * 777_777L), entry);
        CheckReport report = ImageChecker.Check(file);
        Assert.Single(report.Findings, finding => finding.Code == FaultCode.BlocksOverlap);
    }

    [Fact]
    public void StopsWhenCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        ImageBytes image = ImageBytes.Dynamic();
        for (int block = 0; block < 16; block++)
        {
            image.AddBlock(block, 1, [0]);
        }

        int reports = 0;
        var progress = new Reporter(_ =>
        {
            if (++reports == 3)
            {
                cancellation.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(
            () => ImageChecker.Check(image.ToFile(), new CheckOptions { Full = true }, progress, cancellation.Token));
        Assert.Equal(3, reports);
    }

    [Fact]
    public void JudgesEachRuleOfAzure()
    {
        CheckReport fit = Check(ImageBytes.Fixed(20 * 1024 * 1024).Bytes, CheckTarget.Azure);
        Assert.True(fit.IsValid, Describe(fit));
        Assert.All(fit.Verdicts, verdict => Assert.True(verdict.IsMet, verdict.ToString()));
        Assert.Equal(9, fit.Verdicts.Count);

        CheckReport unfit = Check(ImageBytes.Fixed((20 * 1024 * 1024) + 512).Bytes, CheckTarget.Azure);
        RuleVerdict size = Assert.Single(unfit.Verdicts, verdict => !verdict.IsMet);
        Assert.Equal((FaultCode.AzureSizeNotWholeMebibytes, "22020096, the next multiple of 1048576"), (size.Rule, size.Expected));
    }

    [Fact]
    public void LooksAtWhatOpenRefuses()
    {
        byte[] bytes = ImageBytes.Dynamic().AddBlock(3, 1, [0x0F]).PutEntry(5, 0).PutHeader(800, [1], reseal: false)
            .PutFooter(300, [1], reseal: false).Bytes;
        Assert.Throws<VhdFormatException>(() => VhdImage.Open(new MemoryImageFile(bytes)));
        FaultCode[] codes = [.. Check(bytes).Findings.Select(finding => finding.Code)];
        Assert.Contains(FaultCode.FooterChecksumMismatch, codes);
        Assert.Contains(FaultCode.HeaderChecksumMismatch, codes);
        Assert.Contains(FaultCode.BatEntryInStructure, codes);
        Assert.Contains(FaultCode.BitmapStale, codes);
    }

    [Fact]
    public void TellsTheSizeThatEachReaderSees()
    {
        // 20 MiB by the specification's geometry are 602 / 4 / 17.
        CheckReport report = Check(
            ImageBytes.Dynamic(20 * 1024 * 1024, 2097152).PutFooter(28, "vbox").PutFooter(56, 0x025A0411u).PutFooter(40, 512UL).Bytes);
        var sizes = report.ReaderSizes.ToDictionary(size => size.Reader, size => size.SizeBytes);
        Assert.Equal(20959232UL, sizes["Virtual PC"]);
        Assert.Equal(20959232UL, sizes["QEMU of 2010"]);
        Assert.Equal(20959232UL, sizes["QEMU 2 to 9"]);
        Assert.Equal(20971520UL, sizes["QEMU since 2025"]);
        Assert.Equal(20971520UL, sizes["7-Zip"]);
        Assert.Equal(512UL, sizes["libvhdi"]);
    }

    /// <summary>A 2040 GiB image whose every block is there; the data is a hole.</summary>
    private static MemoryImageFile MakeFull(bool isOrdered)
    {
        var image = new NewImage(VhdSpec.MaxSize) { BlockSize = 2097152, UniqueId = ImageBytes.UniqueId, TimeStamp = Now };
        HardDiskFooter footer = image.CreateFooter();
        long tableEnd = 1536 + VhdSpec.RoundUp(image.BlockCount * 4L, 512);
        var table = BlockAllocationTable.CreateUnused(image.BlockCount);
        uint[] places = [.. Enumerable.Range(0, image.BlockCount).Select(place => (uint)((tableEnd / 512) + (place * 4097L)))];
        if (!isOrdered)
        {
            new Random(1).Shuffle(places);
        }

        for (int block = 0; block < places.Length; block++)
        {
            table[block] = places[block];
        }

        byte[] bytes = new byte[tableEnd];
        footer.Bytes.CopyTo(bytes);
        DynamicDiskHeader.Create(1536, image.BlockCount, image.BlockSize).Bytes.CopyTo(bytes.AsSpan(512));
        table.Encode(0, bytes.AsSpan(1536));
        var file = new MemoryImageFile(bytes);
        file.WriteAt(tableEnd + (image.BlockCount * 4097L * 512), footer.Bytes);
        return file;
    }

    private static void AssertClean(string path)
    {
        CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true, Now = Now });
        Assert.True(report.ErrorCount + report.WarningCount == 0, path + Describe(report));
    }

    private static CheckReport Check(byte[] bytes, CheckTarget target = CheckTarget.Any) =>
        ImageChecker.Check(new MemoryImageFile(bytes), new CheckOptions
        {
            Full = true,
            PartitionTable = true,
            Now = Now,
            Target = target,
        });

    private static string Describe(CheckReport report) =>
        "\n" + string.Join('\n', report.Findings.Select(finding => $"{finding.Severity} {finding.Code}: {finding.Describe()}"));

    private sealed class Reporter(Action<WorkProgress> report) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => report(value);
    }

    private sealed class AttributedFile(ImageFile inner, FileAttributes? attributes) : PassThroughImageFile(inner)
    {
        public override FileAttributes? WindowsAttributes => attributes;

        public override long SizeOnDisk => 512;
    }
}
