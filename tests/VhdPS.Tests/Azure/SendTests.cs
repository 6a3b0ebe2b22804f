using VhdPS.Azure;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Send;
using VhdPS.Engine.Pages;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Operations;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Azure;

/// <summary>Disks sent to a real server, and read back by others.</summary>
public sealed class SendTests(AzuriteServer server) : IClassFixture<AzuriteServer>, IDisposable
{
    private const int MiB = 1024 * 1024;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [AzuriteTheory(PeerPrograms.QemuImg, "curl")]
    [InlineData("empty")]
    [InlineData("full")]
    [InlineData("scattered")]
    [InlineData("sectors")]
    [InlineData("last")]
    public void What_is_sent_is_what_qemu_makes_but_for_fields_of_the_footer(string content)
    {
        string raw = _folder.Write("disk.raw", DiskModel.Make(content, 21 * MiB));
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed,force_size", raw,
            _folder["qemu.vhd"]);
        PageBlobAddress address = server.NewAddress();
        SendResult result = Send(raw, address, SourceFormat.Raw);

        byte[] expected = File.ReadAllBytes(_folder["qemu.vhd"]), sent = Download(address);
        Assert.Equal(21 * MiB + 512, sent.Length);
        Assert.True(expected.AsSpan(0, 21 * MiB).SequenceEqual(sent.AsSpan(0, 21 * MiB)));
        HardDiskFooter theirs = HardDiskFooter.Parse(expected.AsSpan(21 * MiB)), ours = HardDiskFooter.Parse(sent.AsSpan(21 * MiB));
        Assert.Equal((theirs.CurrentSize, theirs.OriginalSize, theirs.DiskType, theirs.DataOffset),
            (ours.CurrentSize, ours.OriginalSize, ours.DiskType, ours.DataOffset));
        Assert.True(ours.IsChecksumValid);
        Assert.Equal(result.SizeBytes, result.SentBytes + result.SkippedBytes - 512);
        AssertFit(sent);
        Assert.Empty(Directory.GetFiles(_folder.Root, "*.vhdps-*"));
    }

    [AzuriteRootFact("losetup", "curl")]
    public void A_device_is_sent_and_begins_anew_when_it_was_interrupted()
    {
        byte[] disk = DiskModel.Make("scattered", 21 * MiB);
        string device = PeerProcess.Run("losetup", "-f", "--show", _folder.Write("disk.raw", disk)).Trim();
        PageBlobAddress address = server.NewAddress();
        try
        {
            using (PageBlob blob = new AzurePageBlobs().Open(address))
            {
                using SendOperation cut = SendOperation.Begin(
                    new SendOptions(device)
                    {
                        SourceFormat = SourceFormat.Raw,
                        UniqueId = DiskModel.UniqueId,
                        TimeStamp = DiskModel.TimeStamp
                    }, blob);
                Assert.False(cut.StatePath!.StartsWith("/dev", StringComparison.Ordinal));
                using var stop = new CancellationTokenSource();
                Assert.ThrowsAny<OperationCanceledException>(() => cut.Run(new StepProgress(_ => stop.Cancel()), stop.Token));
            }

            TransferException refusal = Assert.Throws<TransferException>(() => Send(device, address, SourceFormat.Raw));
            Assert.Equal(TransferFault.TransferStateDiffers, refusal.Fault);
            Assert.Contains("it is no file", refusal.Message, StringComparison.Ordinal);
            Send(device, address, SourceFormat.Raw, force: true);
        }
        finally
        {
            PeerProcess.Run("losetup", "-d", device);
        }

        byte[] sent = Download(address);
        Assert.True(disk.AsSpan().SequenceEqual(sent.AsSpan(0, disk.Length)));
        AssertFit(sent);
    }

    private static SendResult Send(string path, PageBlobAddress address, SourceFormat format = SourceFormat.Vhd, bool force = false,
        bool verify = true)
    {
        using PageBlob blob = new AzurePageBlobs().Open(address);
        using SendOperation operation = SendOperation.Begin(
            new SendOptions(path)
            {
                SourceFormat = format,
                Force = force,
                Verify = verify,
                UniqueId = DiskModel.UniqueId,
                TimeStamp = DiskModel.TimeStamp
            }, blob);
        return operation.Run();
    }

    private byte[] Download(PageBlobAddress address)
    {
        // Another client than ours.
        string path = _folder[$"{Guid.NewGuid():N}.down"];
        PeerProcess.Run("curl", "--silent", "--show-error", "--fail", "--header", "x-ms-version: 2021-12-02", "--output", path,
            address.RevealUri().AbsoluteUri);
        return File.ReadAllBytes(path);
    }

    private void AssertFit(byte[] sent)
    {
        string path = _folder.Write($"{Guid.NewGuid():N}.vhd", sent);
        CheckReport report = ImageChecker.Check(path, new CheckOptions { Target = CheckTarget.Azure, Full = true });
        Assert.Empty(report.Findings.Where(finding => finding.Severity != Severity.Note).Select(finding => finding.Describe()));
    }
}
