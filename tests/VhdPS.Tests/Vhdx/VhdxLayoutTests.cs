using System.Buffers.Binary;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Files;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

/// <summary>One damage at a time: what it is reported as, where, and what it keeps the engine from doing.</summary>
public sealed class VhdxLayoutTests
{
    [Fact]
    public void ASoundFileHasNoFindings()
    {
        VhdxBytes image = Sound();
        VhdxLayout layout = VhdxLayout.Read(image.File);
        Assert.Empty(layout.Findings);
        Assert.Null(layout.FindBlockingFinding(force: false));
        Assert.Equal("test", layout.Creator);
        VhdxHeader header = layout.Header!;
        Assert.Equal((8UL, DataWriteGuid, FileWriteGuid), (header.SequenceNumber, header.DataWriteGuid, header.FileWriteGuid));
        Assert.Equal(VhdxLogState.Clean, layout.Log!.State);
        Assert.Equal((LogOffset, MiB), (layout.Log.Region!.FileOffset, layout.Log.Region.Length));
        VhdxMetadata metadata = layout.Metadata!;
        Assert.Equal((10 * MiB, (int)MiB, DiskId), (metadata.SizeBytes, metadata.BlockSize, metadata.VirtualDiskId));
        Assert.Equal((512, 4096), (metadata.LogicalSectorSize, metadata.PhysicalSectorSize));
        Assert.Equal(VhdType.Dynamic, layout.VhdType);
        Assert.Equal(
            [
                (VhdStructure.VhdxHeader, 0L), (VhdStructure.Log, MiB), (VhdStructure.Metadata, 2 * MiB),
                (VhdStructure.BlockAllocationTable, 3 * MiB),
            ],
            layout.Extents.Select(extent => (extent.Structure, extent.FileOffset)));
        Assert.Equal(VhdType.Fixed, VhdxLayout.Read(new VhdxBytes(MiB, isFixed: true).File).VhdType);
        Assert.Equal(VhdType.Differencing, VhdxLayout.Read(Child().File).VhdType);
    }

    public static TheoryData<string> Damages() => [.. VhdxDamage.All.Keys];

    [Theory]
    [MemberData(nameof(Damages))]
    public void ADamageIsReported(string name)
    {
        VhdxDamage damage = VhdxDamage.All[name];
        VhdxBytes image = damage.CreateImage();
        var layout = VhdxLayout.Read(Guard(image.File.Reopen()));
        Finding finding = Assert.Single(layout.Findings, finding => finding.Code == damage.Code);
        Assert.Equal((damage.FileOffset, damage.Severity, damage.Effect), (finding.FileOffset, finding.Severity, finding.Effect));
        Assert.EndsWith(".", finding.Message, StringComparison.Ordinal);
        bool isRefused = damage.Effect is FaultEffect.Unreadable or FaultEffect.UnreadableUnlessForced;
        AssertOpens(image.File, force: false, isRefused);
        AssertOpens(image.File, force: true, damage.Effect == FaultEffect.Unreadable);

        // Nothing else is said of the file but what follows from the damage.
        Assert.True(layout.Findings.Count <= 4, string.Join('\n', layout.Findings.Select(found => $"{found.Code}: {found.Describe()}")));
    }

    private static GuardedImageFile Guard(MemoryImageFile file) => new(file, () => Assert.Fail("the file is changed"));

    private static void AssertOpens(MemoryImageFile file, bool force, bool isRefused)
    {
        MemoryImageFile handle = file.Reopen();
        VhdxImage? image = null;
        Exception? error = Record.Exception(() => image = VhdxImage.Open(Guard(handle), new VhdxOpenOptions { Force = force }));
        Assert.Equal(isRefused, error is VhdFormatException);
        Assert.Equal(isRefused, handle.IsDisposed);
        image?.Dispose();
    }

    private static VhdxBytes Sound() => new(10 * MiB);

    private static VhdxBytes Child()
    {
        var image = new VhdxBytes(10 * MiB, hasParent: true);
        image.AddLocator(("parent_linkage", "{" + DataWriteGuid + "}"), ("relative_path", ".\\parent.vhdx"));
        return image;
    }

    [Fact]
    public void ManyItemsAreAWarning()
    {
        VhdxBytes image = Sound();
        for (int i = 0; i < 1019; i++)
        {
            byte[] id = new byte[16];
            BinaryPrimitives.WriteInt32LittleEndian(id, i + 1);
            image.AddItem(new Guid(id), [], 0);
        }

        Finding finding = Assert.Single(VhdxLayout.Read(image.File).Findings, finding => finding.Code == FaultCode.VhdxMetadataTooLarge);
        Assert.Equal("1024 items", finding.Actual);
        Assert.Null(VhdxLayout.Read(image.File).FindBlockingFinding(force: false));
    }
}
