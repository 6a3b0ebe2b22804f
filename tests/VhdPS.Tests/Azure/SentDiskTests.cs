using System.Security.Cryptography;
using VhdPS.Azure;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Send;
using VhdPS.Engine.Pages;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Partitions;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Azure;

/// <summary>The disk as it is sent: with the backup of its GPT at its end, and without what its file systems call free.</summary>
public sealed class SentDiskTests(AzuriteServer server) : IClassFixture<AzuriteServer>, IDisposable
{
    private const int MiB = 1024 * 1024;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [AzuriteTheory(PeerPrograms.Sgdisk, "curl")]
    [InlineData(24 * MiB)]
    [InlineData((24 * MiB) + 1536)]
    [InlineData(18 * MiB)]
    public void The_backup_of_a_GPT_lies_at_the_end_of_what_is_sent(int size)
    {
        string raw = GptDisk(size, out byte[] content);
        PageBlobAddress address = server.NewAddress();
        SendResult result = Send(raw, address);
        byte[] disk = Download(address)[..^512];
        Assert.Equal(result.SizeBytes, disk.Length);
        Assert.Equal(SHA256.HashData(disk), result.Hash);

        // What the conversion for Azure makes.
        Assert.Equal(Converted(raw, keepsTable: false), disk);
        Assert.Contains("No problems found", Sgdisk(disk), StringComparison.Ordinal);
        Assert.Equal(content.AsSpan(MiB, 14 * MiB), disk.AsSpan(MiB, 14 * MiB));
        Assert.Equal(size == disk.Length, result.SourceHash is not null);
    }

    [AzuriteFact(PeerPrograms.Sgdisk, "curl")]
    public void A_table_that_is_kept_is_sent_as_it_is()
    {
        string raw = GptDisk((24 * MiB) + 1536, out byte[] content);
        PageBlobAddress address = server.NewAddress();
        SendResult result = Send(raw, address, options => options with { KeepPartitionTable = true });
        byte[] disk = Download(address)[..^512];
        Assert.Equal(content, disk[..content.Length]);
        Assert.False(disk.AsSpan(content.Length).ContainsAnyExcept((byte)0));
        Assert.Equal(SHA256.HashData(disk), result.Hash);
        Assert.DoesNotContain("No problems found", Sgdisk(disk), StringComparison.Ordinal);
    }

    [AzuriteTheory(
        PeerPrograms.Mke2fs, PeerPrograms.E2fsck, PeerPrograms.Debugfs, PeerPrograms.MkNtfs, PeerPrograms.NtfsCp, PeerPrograms.NtfsInfo,
        PeerPrograms.MkFat, PeerPrograms.MCopy, PeerPrograms.MkExFat, "curl")]
    [InlineData("ext")]
    [InlineData("NTFS")]
    [InlineData("FAT32")]
    [InlineData("exFAT")]
    public void Free_space_is_sent_as_zeros_and_nothing_else_is_changed(string kind)
    {
        (string name, FileSystemCase one) = FileSystemCases.All.First(
            item => item.Value.Kind.StartsWith(kind, StringComparison.Ordinal) && item.Value.Verdict == FreeSpaceVerdict.Known);
        string raw = FileSystemCases.Make(one, _folder);
        byte[] expected = File.ReadAllBytes(raw);
        List<FreeRange> free = RawDisk.Use(raw, disk => FreeSpaceMap.Read(disk).List().ToList());
        Assert.NotEmpty(free);
        foreach (FreeRange range in free)
        {
            expected.AsSpan((int)range.Offset, (int)range.Length).Clear();
        }

        PageBlobAddress all = server.NewAddress(), less = server.NewAddress();
        SendResult whole = Send(raw, all), cleared = Send(raw, less, options => options with { ClearsFreeSpace = true });
        byte[] disk = Download(less)[..^512];
        Assert.True(expected.AsSpan().SequenceEqual(disk.AsSpan(0, expected.Length)), name);
        Assert.False(disk.AsSpan(expected.Length).ContainsAnyExcept((byte)0));
        Assert.Equal(SHA256.HashData(disk), cleared.Hash);
        Assert.Null(cleared.SourceHash);
        Assert.True(cleared.SentBytes <= whole.SentBytes);
    }

    [Fact]
    public void A_larger_managed_disk_has_the_backup_at_its_own_end()
    {
        string raw = _folder.Write("gpt.raw", GptBytes(24 * MiB));
        var service = new FakeBlobService(isManagedDisk: true, length: (32 * MiB) + 512);
        SendResult result = Send(service, raw, options => options);
        byte[] disk = service.Read()[..^512];
        Assert.Equal(32 * MiB, result.SizeBytes);
        Assert.Equal(SHA256.HashData(disk), result.Hash);
        Assert.Equal("EFI PART"u8, disk.AsSpan((32 * MiB) - 512, 8));
        Assert.Equal((ulong)((32 * MiB / 512) - 1), BitConverter.ToUInt64(disk, 512 + 32));
        Assert.False(disk.AsSpan((24 * MiB) - (33 * 512), 33 * 512).ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_transfer_goes_on_only_with_the_options_that_it_was_begun_with(bool clears, bool keeps)
    {
        string raw = _folder.Write("gpt.raw", GptBytes(24 * MiB));
        var service = new FakeBlobService
        {
            Before = (request, count) => request.Action == "update" && count > 3
                ? FakeBlobService.Error(403, "AuthenticationFailed") : null,
        };
        Assert.Throws<TransferException>(() => Send(service, raw, options => options with { ThrottleLimit = 1 }));
        service.Before = (_, _) => null;
        TransferException error = Assert.Throws<TransferException>(
            () => Send(service, raw, options => options with { ClearsFreeSpace = clears, KeepPartitionTable = keeps }));
        Assert.Equal(TransferFault.TransferStateDiffers, error.Fault);
        Assert.True(Send(service, raw, options => options).ResumedBytes > 0);
        Assert.Equal("EFI PART"u8, service.Read().AsSpan((24 * MiB) - 512, 8));
    }

    [Fact]
    public void Free_space_of_an_image_with_a_child_is_not_left_out()
    {
        string path = DiskModel.Write(_folder, "dynamic", DiskModel.Make("full", 20 * MiB));
        ChildCreator.Create(_folder["child.vhd"], new NewChild(path) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        var service = new FakeBlobService();
        var error = Assert.Throws<VhdOperationException>(
            () => Send(service, path, options => options with { SourceFormat = SourceFormat.Vhd, ClearsFreeSpace = true }));
        Assert.Equal(OperationError.HasChildren, error.Code);
        Assert.DoesNotContain(service.Requests, request => request.Action != "find");
    }

    /// <summary>A GPT with one partition of random data from 1 MiB on, by the format's own rules.</summary>
    private static byte[] GptBytes(int size)
    {
        byte[] disk = TableBytes.Gpt(size / 512, (2048UL, (9UL * 2048) - 1)).Bytes;
        RandomNumberGenerator.Fill(disk.AsSpan(MiB, 8 * MiB));
        return disk;
    }

    private static SendResult Send(FakeBlobService service, string path, Func<SendOptions, SendOptions> change)
    {
        using PageBlob blob = new AzurePageBlobs(service).Open(service.Address);
        return Send(blob, path, change);
    }

    private static SendResult Send(PageBlobAddress address, string path, Func<SendOptions, SendOptions> change)
    {
        using PageBlob blob = new AzurePageBlobs().Open(address);
        return Send(blob, path, change);
    }

    private static SendResult Send(string path, PageBlobAddress address, Func<SendOptions, SendOptions>? change = null) =>
        Send(address, path, change ?? (options => options));

    private static SendResult Send(PageBlob blob, string path, Func<SendOptions, SendOptions> change)
    {
        using SendOperation operation = SendOperation.Begin(
            change(new SendOptions(path)
            {
                SourceFormat = SourceFormat.Raw,
                Verify = true,
                UniqueId = DiskModel.UniqueId,
                TimeStamp = DiskModel.TimeStamp,
            }), blob);
        return operation.Run();
    }

    private string GptDisk(int size, out byte[] content)
    {
        string raw = RawDisk.Create(_folder, "gpt.raw", size);
        PeerProcess.Run(PeerPrograms.Sgdisk, "-n", "1:2048:+14M", raw);
        byte[] data = new byte[14 * MiB];
        RandomNumberGenerator.Fill(data);
        RawDisk.Write(raw, MiB, data);
        content = File.ReadAllBytes(raw);
        return raw;
    }

    private byte[] Converted(string raw, bool keepsTable)
    {
        using ConvertOperation operation = ConvertOperation.Begin(new ConvertOptions(raw, _folder["azure.vhd"])
        {
            SourceFormat = SourceFormat.Raw,
            FitFor = CheckTarget.Azure,
            KeepPartitionTable = keepsTable,
            UniqueId = DiskModel.UniqueId,
            TimeStamp = DiskModel.TimeStamp,
        });
        operation.Run();
        return File.ReadAllBytes(_folder["azure.vhd"])[..^512];
    }

    private string Sgdisk(byte[] disk) =>
        PeerProcess.Run(PeerPrograms.Sgdisk, "-v", _folder.Write($"{Guid.NewGuid():N}.raw", disk));

    private byte[] Download(PageBlobAddress address)
    {
        // Another client than ours.
        string path = _folder[$"{Guid.NewGuid():N}.down"];
        PeerProcess.Run("curl", "--silent", "--show-error", "--fail", "--header", "x-ms-version: 2021-12-02", "--output", path,
            address.RevealUri().AbsoluteUri);
        return File.ReadAllBytes(path);
    }
}
