using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Tests.Disks;

namespace VhdPS.Tests.Files;

public sealed class ReservationTests : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reserving_changes_neither_length_nor_content()
    {
        using var file = LocalImageFile.CreateNew(_folder["file"]);
        byte[] data = [.. Enumerable.Repeat((byte)7, 4096)];
        file.WriteAt(MiB, data);
        file.Reserve(0, MiB);
        file.Reserve(MiB + 4096, 4 * MiB);
        Assert.Equal(MiB + 4096, file.Length);
        file.Flush();
        Assert.Equal(MiB + 4096, new FileInfo(_folder["file"]).Length);
        byte[] read = new byte[MiB + 8192];
        Assert.Equal(MiB + 4096, file.ReadAt(0, read));
        Assert.Equal(-1, read.AsSpan(0, MiB).IndexOfAnyExcept((byte)0));
        Assert.Equal(data, read[MiB..(MiB + 4096)]);
    }

    [Theory]
    [InlineData(DiskFormat.Raw)]
    [InlineData(DiskFormat.Fixed)]
    [InlineData(DiskFormat.Dynamic)]
    public void Zeros_of_the_source_take_no_room_beside_reserved_data(DiskFormat format)
    {
        // Stored zeros: nothing but reading tells them from data. 512 KiB of each in turn, so that every write is reserved.
        byte[] disk = new byte[16 * MiB];
        for (int at = 0; at < disk.Length; at += MiB)
        {
            new Random(at).NextBytes(disk.AsSpan(at, MiB / 2));
        }

        File.WriteAllBytes(_folder["disk.raw"], disk);
        using (var operation = ConvertOperation.Begin(new ConvertOptions(_folder["disk.raw"], _folder["target"])
        {
            SourceFormat = SourceFormat.Raw,
            TargetFormat = format,
            UniqueId = Guid.NewGuid(),
            TimeStamp = DateTime.UnixEpoch.AddYears(40),
        }))
        {
            operation.Run();
        }

        Assert.Equal(disk, DiskModel.Read(_folder["target"], format == DiskFormat.Raw ? SourceFormat.Raw : SourceFormat.Vhd));
        if (format != DiskFormat.Raw)
        {
            Assert.DoesNotContain(
                ImageChecker.Check(_folder["target"], new CheckOptions { Full = true }).Findings,
                finding => finding.Severity != Severity.Note);
        }

        if (!OperatingSystem.IsWindows())
        {
            using var target = LocalImageFile.OpenRead(_folder["target"]);
            Assert.InRange(target.SizeOnDisk, disk.Length / 2, (disk.Length / 2) + MiB);
        }
    }
}
