using VhdPS.Engine.Disks;
using VhdPS.Engine.Images;
using VhdPS.Engine.Nbd.Server;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Nbd;

/// <summary>A disk of a server as a source of the engine's operations, against the file that the server has.</summary>
public sealed class RemoteDiskTests : IDisposable
{
    private const int BlockSize = 4096;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ItHasTheBytesAndTheHolesOfItsImage(int seed)
    {
        var random = new Random(seed);
        ImageBytes bytes = ImageBytes.Dynamic(64 * BlockSize);
        int count = 0;
        foreach (int blockIndex in Enumerable.Range(0, 64).Where(_ => random.Next(4) == 0).OrderBy(_ => random.Next()))
        {
            bytes.AddBlock(blockIndex, (byte)random.Next(1, 256));
            count++;
        }

        string path = _folder.Write("disk.vhd", bytes.Bytes);
        using var served = new ServedDisk(new ImageExport(VhdImage.Open(path)));
        using DiskSource remote = DiskSource.Connect(served.Uri.ToString());
        using DiskSource local = DiskSource.Open(path, SourceFormat.Vhd);
        Assert.Equal(64 * BlockSize, remote.SizeBytes);
        Assert.Equal(count * BlockSize, remote.CountDataBytes(0, remote.SizeBytes));
        Assert.Empty(DiskComparison.FindDifferences(local, remote));
        for (long offset = 0; offset < remote.SizeBytes; offset += BlockSize)
        {
            Assert.Equal(local.FindExtent(offset).IsZero, remote.FindExtent(offset).IsZero);
        }
    }

    [Fact]
    public void ADiskThatIsNoWholeNumberOfSectorsKeepsItsLength()
    {
        byte[] content = new byte[10_001];
        new Random(5).NextBytes(content);
        string path = _folder.Write("disk.raw", content);
        using var served = new ServedDisk(new SourceExport(DiskSource.Open(path, SourceFormat.Raw)));
        string uri = served.Uri.ToString();
        using var operation = ConvertOperation.Begin(new ConvertOptions(uri, _folder["copy.raw"])
        {
            OpenSource = () => DiskSource.Connect(uri),
            TargetFormat = DiskFormat.Raw,
            Verify = true,
            UniqueId = Guid.NewGuid(),
            TimeStamp = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        });
        operation.Run();
        Assert.Equal(content, File.ReadAllBytes(_folder["copy.raw"]));
    }
}
