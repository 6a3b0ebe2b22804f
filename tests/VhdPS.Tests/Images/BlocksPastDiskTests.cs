using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Operations.Set;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>
/// Where the geometry gives a smaller disk than the current size, blocks of the larger one are no part of the disk that is
/// shown, and their bytes in the file must survive every change.
/// </summary>
public sealed class BlocksPastDiskTests
{
    private const int BlockSize = 4096;
    private const int PastBlock = 12;

    /// <summary>64 KiB by the current size, 32 KiB by the geometry; block 12 is last in the file and block 2 lies before it.</summary>
    private static ImageBytes Image(bool isChild = false) =>
        (isChild ? ImageBytes.Differencing(blockSize: BlockSize) : ImageBytes.Dynamic(blockSize: BlockSize))
            .AddBlock(2, 0x22).AddBlock(PastBlock, 0xAA)
            .PutFooter(28, "vpc ").PutFooter(56, 0x0001_0410u);

    [Theory]
    [InlineData("vpc ", SizeRule.Auto)]
    [InlineData("qemu", SizeRule.Auto)]
    [InlineData("win ", SizeRule.Chs)]
    public void A_new_block_is_put_past_them(string creator, SizeRule rule)
    {
        MemoryImageFile file = Image().PutFooter(28, creator).ToFile();
        using (VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true, SizeRule = rule }))
        {
            Assert.Equal(64, image.SectorCount);
            image.WriteSectors(0, Filled(0x77, 512));
            image.WriteSectors(63, Filled(0x78, 512));
            image.Flush();
        }

        AssertWhole(file);
    }

    [Fact]
    public void A_locator_is_not_written_over_them()
    {
        using var folder = new TempFolder();
        ImageCreator.Create(folder["parent.vhd"], new NewImage(64 * 1024) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        File.WriteAllBytes(folder["child.vhd"], Image(isChild: true).Bytes);
        SetImageOperation.Run(new SetImageOptions(folder["child.vhd"]) { ParentPath = folder["parent.vhd"], IgnoreIdMismatch = true });
        AssertWhole(new MemoryImageFile(File.ReadAllBytes(folder["child.vhd"])), isChild: true);
    }

    [Fact]
    public void Compaction_by_the_smaller_size_keeps_them()
    {
        // Block 5 holds zeros alone and lies first: its place is what compaction wants to fill.
        ImageBytes bytes = ImageBytes.Dynamic(blockSize: BlockSize).AddBlock(5, 0x00).AddBlock(2, 0x22).AddBlock(PastBlock, 0xAA)
            .PutFooter(28, "vpc ").PutFooter(56, 0x0001_0410u);
        MemoryImageFile file = bytes.ToFile();
        InPlaceCompaction.Run(file.Reopen(), new CompactionOptions { SizeRule = SizeRule.Chs });
        AssertWhole(file);
    }

    [Fact]
    public void Their_space_is_not_leaked()
    {
        CheckReport report = ImageChecker.Check(Image().ToFile(), new CheckOptions { Full = true });
        Assert.DoesNotContain(report.Findings, finding => finding.Code == FaultCode.SpaceLeaked);
        Assert.Contains(report.Findings, finding => finding.Code == FaultCode.TableEntryBeyondDisk);
    }

    [Fact]
    public void An_entry_that_names_no_block_occupies_nothing()
    {
        // Zeros, as some writers pad with, a place in the table, and a place past the end.
        foreach (uint entry in new uint[] { 0, 3, 0xFFFF_FFF0 })
        {
            MemoryImageFile file = ImageBytes.Dynamic(blockSize: BlockSize).AddBlock(2, 0x22).PutFooter(28, "vpc ").PutFooter(
                56, 0x0001_0410u)
                .PutEntry(PastBlock, entry).ToFile();
            long end;
            using (VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }))
            {
                end = image.Layout.OccupiedEnd;
                Assert.Equal(image.Layout.StructuresEnd, end);
            }
        }
    }

    private static void AssertWhole(MemoryImageFile file, bool isChild = false)
    {
        CheckReport report = ImageChecker.Check(new MemoryImageFile(file.ToArray()), new CheckOptions { SizeRule = SizeRule.CurrentSize });
        Assert.DoesNotContain(report.Findings, finding => finding.Severity == Severity.Error && finding.Structure != VhdStructure.Chain);
        if (isChild)
        {
            return;
        }

        using VhdImage image = VhdImage.Open(new MemoryImageFile(file.ToArray()), new VhdOpenOptions { SizeRule = SizeRule.CurrentSize });
        byte[] block = new byte[BlockSize];
        image.ReadSectors(PastBlock * BlockSize / 512, block);
        Assert.Equal(Filled(0xAA, BlockSize), block);
        image.ReadSectors(2 * BlockSize / 512, block);
        Assert.Equal(Filled(0x22, BlockSize), block);
    }

    private static byte[] Filled(byte value, int length) => [.. Enumerable.Repeat(value, length)];
}
