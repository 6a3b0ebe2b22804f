using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS.Tests.Format;

/// <summary>Whole images as Windows, VirtualBox and QEMU wrote them.</summary>
public sealed class SampleImageTests
{
    [SampleFact]
    public void Windows81Dynamic()
    {
        ImageLayout layout = Read("win8.vhd");
        Assert.Empty(layout.Findings);
        Assert.Equal(VhdType.Dynamic, layout.VhdType);
        Assert.Equal((20, 2 * 1024 * 1024, 1536L), (layout.BlockCount, layout.BlockSize, layout.TableOffset));
        Assert.Equal(81920, layout.SectorCount);
        Assert.Equal(new Guid("adb71975-4b5b-0b40-b025-d06dab31b26f"), layout.Footer.UniqueId);
        Assert.Equal(7680, layout.DataEnd);
    }

    [SampleFact]
    public void Windows10Differencing()
    {
        ImageLayout layout = Read("win8-child.vhd");
        Assert.Empty(layout.Findings);
        Assert.Equal(VhdType.Differencing, layout.VhdType);
        DynamicDiskHeader header = layout.Header!;
        Assert.Equal(new Guid("adb71975-4b5b-0b40-b025-d06dab31b26f"), header.ParentUniqueId);
        Assert.Equal(0u, header.ParentTimeStampSeconds);
        Assert.EndsWith(@"\win8.vhd", header.ParentUnicodeName, StringComparison.Ordinal);
        Assert.Equal(0x2000, layout.TableOffset);
        Assert.Equal((ParentLocatorCode.W2ku, 4096u, 66u, 4096ul), Facts(header.ParentLocators[0]));
        Assert.Equal((ParentLocatorCode.W2ru, 65536u, 20u, 12288ul), Facts(header.ParentLocators[1]));
        Assert.All(header.ParentLocators.Skip(2), locator => Assert.False(locator.IsUsed));

        // The parent is found beside the child by the relative locator; away from it, the child says what is missing.
        byte[] sector = [1, .. new byte[511]];
        using (VhdImage image = VhdImage.Open(Path.Combine(Repository.Samples!, "win8-child.vhd")))
        {
            image.ReadSectors(0, sector);
        }

        Assert.Equal(new byte[512], sector);
        using var folder = new TempFolder();
        using VhdImage alone = VhdImage.Open(folder.Write("win8-child.vhd", File.ReadAllBytes(layout.Path)));
        var error = Assert.Throws<VhdFormatException>(() => alone.ReadSectors(0, new byte[512]));
        Assert.Equal(FaultCode.ParentNotFound, error.Finding.Code);
        Assert.Contains("win8.vhd", error.Message, StringComparison.Ordinal);
    }

    [SampleFact]
    public void VirtualBoxDynamic()
    {
        ImageLayout layout = Read("vbox.vhd");
        Finding finding = Assert.Single(layout.Findings);
        Assert.Equal((FaultCode.GeometrySizeDiffers, Severity.Note), (finding.Code, finding.Severity));
        Assert.Equal(41943040ul, layout.Size.SizeBytes);
        AssertReadsZeros("vbox.vhd", 81920);
    }

    [SampleFact]
    public void QemuDynamic()
    {
        ImageLayout layout = Read("qemu.vhd");
        Assert.Empty(layout.Findings);
        Assert.Equal((41953280ul, SizeRule.Chs), (layout.Size.SizeBytes, layout.Size.Rule));
        Assert.Equal(21, layout.BlockCount);
        AssertReadsZeros("qemu.vhd", 81940);
    }

    [SampleFact]
    public void QemuDynamicWithAFileSystem()
    {
        ImageLayout layout = Read("ext2.vhd");
        Assert.Empty(layout.Findings);
        using VhdImage image = VhdImage.Open(Path.Combine(Repository.Samples!, "ext2.vhd"));
        byte[] superblock = new byte[1024];
        image.ReadSectors(2, superblock);
        Assert.Equal(0xEF53, superblock[56] | (superblock[57] << 8));
    }

    private static ImageLayout Read(string name)
    {
        using LocalImageFile file = LocalImageFile.OpenRead(Path.Combine(Repository.Samples!, name));
        return ImageLayout.Read(file);
    }

    private static (ParentLocatorCode Code, uint Space, uint Length, ulong Offset) Facts(ParentLocator locator) =>
        (locator.Code, locator.DataSpace, locator.DataLength, locator.DataOffset);

    private static void AssertReadsZeros(string name, long sectors)
    {
        using VhdImage image = VhdImage.Open(Path.Combine(Repository.Samples!, name));
        Assert.Equal(sectors, image.SectorCount);
        byte[] buffer = new byte[1024 * 1024];
        for (long sector = 0; sector < sectors; sector += buffer.Length / 512)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, (sectors - sector) * 512));
            part.Fill(1);
            image.ReadSectors(sector, part);
            Assert.False(part.ContainsAnyExcept((byte)0));
        }
    }
}
