using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>A block that moves past the footer at the end.</summary>
public sealed class BlockMoverTests
{
    [Fact]
    public void M4_TheFooterIsOnTheMediumFartherOnBeforeItsPlaceIsWritten()
    {
        ImageBytes image = ImageBytes.Dynamic().AddBlock(2, 0x11).AddBlock(5, 0x22);
        using var file = new RecordingImageFile(new MemoryImageFile(image.Bytes));
        var layout = ImageLayout.Read(file);
        BlockAllocationTable table = SectorMap.ReadTable(file, layout);
        var mover = new BlockMover(file, layout, table, new FooterWriter(file, layout));
        mover.Copy(2, layout.DataEnd);
        mover.Publish();
        file.Flush();
        FooterOrder.Verify(image.Bytes, file.Changes, "move past the footer");
        Assert.Empty(ImageLayout.Read(file).Findings);
        foreach (PowerCut.State state in new PowerCut(image.Bytes, file.Changes).Enumerate(new Random(1), samples: 64))
        {
            var cut = new MemoryImageFile(state.Bytes);
            Assert.True(ImageChecker.Check(cut, new CheckOptions { Full = true }).IsValid, $"cut after {state.ChangeCount} changes");
            using VhdImage open = VhdImage.Open(cut);
            byte[] sector = new byte[512];
            open.ReadSectors(2 * open.Layout.SectorsPerBlock, sector);
            Assert.All(sector, value => Assert.Equal(0x11, value));
        }
    }
}
