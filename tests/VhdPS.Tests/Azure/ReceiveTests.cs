using System.Collections.Concurrent;
using VhdPS.Azure;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Receive;
using VhdPS.Engine.Pages;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Azure;

/// <summary>What is received of a page blob, whole or as what changed, whatever the network does: against a double of it.</summary>
public sealed class ReceiveTests : IDisposable
{
    private const int MiB = 1024 * 1024;
    private const int DiskSize = 21 * MiB;

    private readonly TempFolder _folder = new();
    private readonly byte[] _disk = DiskModel.Make("scattered", DiskSize);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(DiskFormat.Dynamic)]
    [InlineData(DiskFormat.Fixed)]
    [InlineData(DiskFormat.Raw)]
    public void Only_pages_that_there_are_come_into_any_format(DiskFormat format)
    {
        FakeBlobService service = NewService();
        service.MaxRanges = 5;
        string path = _folder["disk.out"];
        ReceiveResult result = Receive(service, path, format);
        SourceFormat read = format == DiskFormat.Raw ? SourceFormat.Raw : SourceFormat.Vhd;
        Assert.Equal(_disk, DiskModel.Read(path, read));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(_disk), result.Hash);
        Assert.True(result.ReceivedBytes < DiskSize / 2);
        if (format != DiskFormat.Raw)
        {
            Assert.Equal(format == DiskFormat.Fixed ? VhdType.Fixed : VhdType.Dynamic, LayoutOf(path).VhdType);
            Verdict.AssertClean(path);
        }

        ReceiveRecord record = ReceiveRecord.TryRead(path)!;
        Assert.Equal((service.Address.Target, (string?)null, (long)DiskSize, Convert.ToHexString(result.Hash)),
            (record.Uri, record.Snapshot, record.DiskSize, record.Sha256));
        Assert.DoesNotContain("sig", File.ReadAllText(ReceiveRecord.PathFor(path)), StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(_folder.Root).Length);
    }

    [Fact]
    public void Receiving_that_is_held_back_waits_for_every_byte_received_and_no_other()
    {
        long now = 0;
        var limit = new RateLimit(
            1000, () => new TimeSpan(Interlocked.Read(ref now)), due => now = Math.Max(Interlocked.Read(ref now), due.Ticks));
        FakeBlobService service = NewService();
        ReceiveResult result = Receive(service, _folder["disk.vhd"], limit: limit);
        Assert.InRange(new TimeSpan(now).TotalSeconds, (result.ReceivedBytes / 1000.0) - 0.2, result.ReceivedBytes / 1000.0);
        Assert.Equal(_disk, DiskModel.Read(_folder["disk.vhd"], SourceFormat.Vhd));
        Verdict.AssertClean(_folder["disk.vhd"]);

        // Cancelled while it waits, it goes on from what was flushed.
        using var stop = new CancellationTokenSource();
        limit = new RateLimit(1000, () => TimeSpan.Zero, _ =>
        {
            stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
        });
        Assert.Throws<OperationCanceledException>(() => Receive(service, _folder["again.vhd"], limit: limit));
        Assert.True(Receive(service, _folder["again.vhd"]).ReceivedBytes < result.ReceivedBytes);
        Assert.Equal(_disk, DiskModel.Read(_folder["again.vhd"], SourceFormat.Vhd));
        Verdict.AssertClean(_folder["again.vhd"]);
    }

    [Fact]
    public void An_existing_file_is_replaced_only_when_forced()
    {
        FakeBlobService service = NewService();
        string path = _folder.Write("disk.vhd", new byte[1000]);
        Assert.Equal(OperationError.TargetExists, Assert.Throws<VhdOperationException>(() => Receive(service, path)).Code);
        Assert.Empty(service.Requests);
        Receive(service, path, force: true);
        Assert.Equal(_disk, DiskModel.Read(path, SourceFormat.Vhd));
    }

    [Theory]
    [InlineData(DiskFormat.Dynamic)]
    [InlineData(DiskFormat.Fixed)]
    [InlineData(DiskFormat.Raw)]
    public void What_was_received_before_the_signature_expired_is_not_received_again(DiskFormat format)
    {
        FakeBlobService service = NewService();
        service.Before = (request, count) => request.Action == "read" && request.Range!.Value.Start > 12 * MiB
            && request.Range.Value.Start < DiskSize
            ? FakeBlobService.Error(403, "AuthenticationFailed")
            : null;
        string path = _folder["disk.out"];
        TransferException error = Assert.Throws<TransferException>(() => Receive(service, path, format));
        Assert.Contains("a new SAS goes on", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
        Assert.DoesNotContain("sig", File.ReadAllText(path + ".vhdps-receive"), StringComparison.Ordinal);

        service.Before = (_, _) => null;
        service.Reset();
        ReceiveResult result = Receive(service, path, format);
        Assert.True(result.Plan.ResumeOffset > 0);
        Assert.DoesNotContain(service.Requests, request => request.Action == "read" && request.Range!.Value.Start > 4096
            && request.Range.Value.End <= result.Plan.ResumeOffset);
        Assert.Equal(_disk, DiskModel.Read(path, format == DiskFormat.Raw ? SourceFormat.Raw : SourceFormat.Vhd));
        Assert.Equal(2, Directory.GetFiles(_folder.Root).Length);
    }

    [PeerTheory(PeerPrograms.QemuImg)]
    [InlineData(DiskFormat.Dynamic)]
    [InlineData(DiskFormat.Fixed)]
    public void A_VHDX_is_received_too_and_goes_on_where_it_stopped(DiskFormat format)
    {
        // Blocks of 32 MiB: the second and the last have no pages, and one range lies in two.
        const int size = 180 * MiB;
        byte[] disk = new byte[size];
        var service = new FakeBlobService(length: size + 512);
        foreach (int at in new[] { 4096, 20 * MiB, (96 * MiB) - 1024, 70 * MiB, 110 * MiB, 130 * MiB })
        {
            byte[] bytes = DiskModel.Make("full", 4096, seed: at);
            bytes.CopyTo(disk, at);
            service.Write(at, bytes);
        }

        service.Write(size, Footer(size));
        service.Before = (request, _) => request.Action == "read" && request.Range!.Value.Start is > 80 * MiB and < size
            ? FakeBlobService.Error(403, "AuthenticationFailed")
            : null;
        string path = _folder["disk.vhdx"], partial = path + ".vhdps-part";
        Assert.Throws<TransferException>(() => Receive(service, path, format, isVhdx: true));
        Assert.False(File.Exists(path));
        if (format == DiskFormat.Dynamic)
        {
            // As a run leaves it that had to write part of the table: the fourth block at the place of the first.
            using FileStream file = File.OpenWrite(partial);
            file.Position = (3 * MiB) + (3 * 8);
            file.Write(BitConverter.GetBytes((4L * MiB) | 6));
        }

        service.Before = (_, _) => null;
        ReceiveResult result = Receive(service, path, format, isVhdx: true);
        Assert.True(result.Plan.ResumeOffset > 0);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(disk), result.Hash);
        Verdict.AssertClean(path);
        PeerProcess.Run(PeerPrograms.QemuImg, "compare", "-f", "vhdx", "-F", "raw", path, _folder.Write("disk.raw", disk));
        int fileMiB = (int)(new FileInfo(path).Length / MiB);
        Assert.True(format == DiskFormat.Fixed ? fileMiB >= 180 : fileMiB < 180);
    }

    [Fact]
    public void What_changed_becomes_no_VHDX()
    {
        FakeBlobService service = NewService();
        Receive(service, _folder["0.vhd"], address: TakeSnapshot(service, 0));
        PageBlobAddress next = TakeSnapshot(service, 1);
        Assert.Throws<ArgumentException>(
            () => Receive(service, _folder["1.vhdx"], address: next, parent: _folder["0.vhd"], isVhdx: true));
        Receive(service, _folder["0.vhdx"], address: TakeSnapshot(service, 0), isVhdx: true);
        Assert.Throws<ArgumentException>(() => Receive(service, _folder["1.vhd"], address: next, parent: _folder["0.vhdx"]));
        Assert.Empty(Directory.GetFiles(_folder.Root, "1.*"));
    }

    [Fact]
    public void A_file_that_cannot_be_made_leaves_nothing()
    {
        FakeBlobService service = NewService();
        string path = _folder["disk.vhd"];
        Directory.CreateDirectory(path + ".vhdps-part");
        Assert.ThrowsAny<Exception>(() => Receive(service, path));
        Assert.Empty(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void A_blob_that_changes_while_it_is_read_is_no_disk()
    {
        FakeBlobService service = NewService();
        service.Before = (request, count) =>
        {
            if (request.Action == "read" && request.Range!.Value.Start > 12 * MiB && request.Range.Value.Start < DiskSize)
            {
                service.Write(0, new byte[512]);
            }

            return null;
        };
        string path = _folder["disk.vhd"];
        Assert.Equal(TransferFault.BlobChanged, Assert.Throws<TransferException>(() => Receive(service, path)).Fault);
        Assert.False(File.Exists(path));

        // What was received is of another version, and does not count.
        service.Before = (_, _) => null;
        Assert.Equal(0, Receive(service, path).Plan.ResumeOffset);
        Assert.Equal(service.Read()[..DiskSize], DiskModel.Read(path, SourceFormat.Vhd));
    }

    [Fact]
    public void Busy_services_broken_connections_and_half_answers_are_tried_again()
    {
        FakeBlobService service = NewService();
        // Requests come at once, and none fails as often as it is tried.
        var random = new Random(5);
        var failures = new ConcurrentDictionary<string, int>();
        int Next(FakeRequest request, int sides)
        {
            lock (random)
            {
                string key = $"{request.Action} {request.Range}";
                int side = failures.GetValueOrDefault(key) < 8 ? random.Next(sides) : sides - 1;
                failures[key] = failures.GetValueOrDefault(key) + (side < 2 ? 1 : 0);
                return side;
            }
        }

        service.Before = (request, _) => Next(request, 6) switch
        {
            0 => FakeBlobService.Error(503, "ServerBusy"),
            1 => throw new HttpRequestException("connection reset"),
            _ => null,
        };
        service.After = (request, answer) =>
        {
            if (request.Action == "read" && Next(request, 5) < 2)
            {
                // The length that was promised, and less than it.
                answer.ContentStream!.SetLength(answer.ContentStream.Length / 2);
            }

            return answer;
        };
        string path = _folder["disk.vhd"];
        Receive(service, path);
        Assert.Equal(_disk, DiskModel.Read(path, SourceFormat.Vhd));
    }

    [Fact]
    public void Bytes_that_arrive_damaged_are_received_again()
    {
        FakeBlobService service = NewService();
        // The first answer for each range, whichever of the requests at once comes first.
        int damaged = 0;
        var seen = new ConcurrentDictionary<string, bool>();
        service.After = (request, answer) =>
        {
            if (request.Action == "read" && request["x-ms-range-get-content-md5"] == "true"
                && seen.TryAdd(request["x-ms-range"] ?? request["Range"] ?? string.Empty, true))
            {
                Interlocked.Increment(ref damaged);
                answer.ContentStream!.Position = answer.ContentStream.Length / 2;
                int old = answer.ContentStream.ReadByte();
                answer.ContentStream.Position--;
                answer.ContentStream.WriteByte((byte)(old ^ 1));
                answer.ContentStream.Position = 0;
            }

            return answer;
        };
        string path = _folder["disk.vhd"];
        Receive(service, path);
        Assert.True(damaged > 2);
        Assert.Equal(_disk, DiskModel.Read(path, SourceFormat.Vhd));
    }

    [Fact]
    public void What_holds_no_fixed_image_is_refused()
    {
        FakeBlobService service = NewService();
        service.Clear(DiskSize, 512);
        Assert.Throws<VhdFormatException>(() => Receive(service, _folder["disk.vhd"]));

        ImageCreator.Create(_folder["dynamic.vhd"],
            new NewImage(DiskSize) { UniqueId = DiskModel.UniqueId, TimeStamp = DiskModel.TimeStamp });
        byte[] dynamic = File.ReadAllBytes(_folder["dynamic.vhd"]);
        service = new FakeBlobService(length: dynamic.Length);
        service.Write(0, dynamic);
        Assert.Equal(TransferFault.BlobUnsuitable, Assert.Throws<TransferException>(() => Receive(service, _folder["disk.vhd"])).Fault);
        Assert.False(File.Exists(_folder["disk.vhd"]));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void Snapshots_become_a_chain_in_which_cleared_pages_hide_the_parent(int seed, bool isManaged)
    {
        var random = new Random(seed);
        FakeBlobService service = NewService(isManaged);
        service.MaxRanges = 3;
        var disks = new List<byte[]>();
        for (int night = 0; night < 4; night++)
        {
            string name = NameOf(service, night);
            service.TakeSnapshot(name);
            disks.Add(service.Read()[..DiskSize]);
            PageBlobAddress address = isManaged ? service.Address
                : PageBlobAddress.Parse(service.Uri($"snapshot={Uri.EscapeDataString(name)}&"));
            service.Reset();
            if (night == 0)
            {
                Receive(service, _folder["0.vhd"], address: address);
            }
            else
            {
                PreviousSnapshot previous = isManaged
                    ? PreviousSnapshot.At(PageBlobAddress.Parse(NameOf(service, night - 1)))
                    : PreviousSnapshot.At(NameOf(service, night - 1));

                // The URI of a managed disk's snapshot is another each time, and the record of the parent has that of the disk here.
                ReceiveResult result = Receive(service, _folder[$"{night}.vhd"], address: address, parent: _folder[$"{night - 1}.vhd"],
                    previous: previous, force: isManaged);
                Assert.True(result.ReceivedBytes < 4 * MiB);
                Assert.Contains(service.Requests, request => isManaged ? request["x-ms-previous-snapshot-url"] is not null
                    : request.Query("prevsnapshot") is not null);
            }

            for (int change = 0; change < 12; change++)
            {
                int offset = random.Next(DiskSize / 512) * 512, length = Math.Min(random.Next(1, 400) * 512, DiskSize - offset);
                byte[] bytes = new byte[length];
                switch (random.Next(3))
                {
                    case 0:
                        service.Clear(offset, length);
                        break;
                    case 1:
                        service.Write(offset, bytes);
                        break;
                    default:
                        random.NextBytes(bytes);
                        service.Write(offset, bytes);
                        break;
                }
            }
        }

        for (int night = 0; night < 4; night++)
        {
            Assert.True(disks[night].AsSpan().SequenceEqual(DiskModel.Read(_folder[$"{night}.vhd"], SourceFormat.Vhd)), $"night {night}");
            Verdict.AssertClean(_folder[$"{night}.vhd"]);
        }

        Assert.Equal(VhdType.Differencing, LayoutOf(_folder["3.vhd"]).VhdType);
    }

    [Fact]
    public void Changed_and_cleared_ranges_are_taken_in_the_order_of_the_list()
    {
        FakeBlobService service = NewService();
        service.Write(0, DiskModel.Make("full", MiB, seed: 3));
        Receive(service, _folder["0.vhd"], address: TakeSnapshot(service, 0));
        service.TakeSnapshot(NameOf(service, 0));
        for (int at = 0; at < MiB; at += 2048)
        {
            service.Clear(at, 512);
            service.Write(at + 1024, DiskModel.Make("full", 512, seed: at));
        }

        service.MaxRanges = 7;
        Receive(service, _folder["1.vhd"], address: TakeSnapshot(service, 1), parent: _folder["0.vhd"]);
        Assert.Equal(service.Read()[..DiskSize], DiskModel.Read(_folder["1.vhd"], SourceFormat.Vhd));
    }

    [Fact]
    public void A_disk_that_has_grown_becomes_a_larger_child()
    {
        FakeBlobService service = NewService();
        Receive(service, _folder["0.vhd"], address: TakeSnapshot(service, 0));
        byte[] grown = DiskModel.Make("scattered", 24 * MiB, seed: 4);
        service.Clear(DiskSize, 512);
        service.Length = (24 * MiB) + 512;
        service.Write(DiskSize, grown.AsSpan(DiskSize));
        service.Write(24 * MiB, Footer(24 * MiB));
        Receive(service, _folder["1.vhd"], address: TakeSnapshot(service, 1), parent: _folder["0.vhd"]);
        Assert.Equal(service.Read()[..(24 * MiB)], DiskModel.Read(_folder["1.vhd"], SourceFormat.Vhd));
        Verdict.AssertClean(_folder["1.vhd"]);
    }

    [Fact]
    public void A_parent_without_its_record_or_of_another_snapshot_or_changed_since_is_refused()
    {
        FakeBlobService service = NewService();
        string parent = _folder["0.vhd"];
        Receive(service, parent, address: TakeSnapshot(service, 0));
        service.Write(0, DiskModel.Make("full", 512, seed: 5));
        PageBlobAddress next = TakeSnapshot(service, 1);

        Assert.Equal(
            TransferFault.TransferRecordDiffers,
            Assert.Throws<TransferException>(() =>
                Receive(service, _folder["1.vhd"], address: next, parent: parent,
                    previous: PreviousSnapshot.At(NameOf(service, 1)))).Fault);
        string record = File.ReadAllText(ReceiveRecord.PathFor(parent));
        File.Delete(ReceiveRecord.PathFor(parent));
        PreviousSnapshot right = PreviousSnapshot.At(NameOf(service, 0));
        Assert.Equal(TransferFault.TransferRecordDiffers,
            Assert.Throws<TransferException>(() =>
                Receive(service, _folder["1.vhd"], address: next, parent: parent, previous: right)).Fault);
        File.WriteAllText(ReceiveRecord.PathFor(parent), record);
        using (VhdImage image = VhdImage.Open(parent, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(1000, DiskModel.Make("full", 512, seed: 6));
        }

        TransferException error = Assert.Throws<TransferException>(() =>
            Receive(service, _folder["1.vhd"], address: next, parent: parent, previous: right));
        Assert.Contains("was changed since it was received", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["1.vhd"]));
        Receive(service, _folder["1.vhd"], address: next, parent: parent, previous: right, force: true);
    }

    [Fact]
    public void A_snapshot_needs_a_parent()
    {
        FakeBlobService service = NewService();
        Assert.Throws<ArgumentException>(() => Receive(service, _folder["1.vhd"], previous: PreviousSnapshot.At(NameOf(service, 0))));
    }

    [Theory]
    [InlineData("<PageList><PageRange><Start>x</Start><End>511</End></PageRange></PageList>")]
    [InlineData("<PageList><PageRange>")]
    [InlineData("no list")]
    [InlineData("<PageList><PageRange><Start>0</Start><End>9999999999999999999999</End></PageRange></PageList>")]
    [InlineData("<PageList><PageRange><Start>3</Start><End>511</End></PageRange></PageList>")]
    public void A_list_that_is_none_is_a_typed_error(string list)
    {
        FakeBlobService service = NewService();
        service.After = (request, answer) => request.Action != "list" ? answer
            : new FakeResponse(200, System.Text.Encoding.UTF8.GetBytes(list)) { ["Content-Type"] = "application/xml" };
        Assert.Equal(TransferFault.BlobRequestRefused, Assert.Throws<TransferException>(() => Receive(service, _folder["disk.vhd"])).Fault);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_list_that_goes_backwards_or_in_circles_is_refused(bool isCircle)
    {
        FakeBlobService service = NewService();
        service.After = (request, answer) => request.Action != "list" ? answer
            : new FakeResponse(200, System.Text.Encoding.UTF8.GetBytes(isCircle
            ? "<PageList><NextMarker>1024</NextMarker></PageList>"
            : "<PageList><PageRange><Start>1024</Start><End>2047</End></PageRange>"
                + "<PageRange><Start>512</Start><End>1023</End></PageRange></PageList>"))
            { ["Content-Type"] = "application/xml" };
        Assert.Equal(TransferFault.BlobRequestRefused, Assert.Throws<TransferException>(() => Receive(service, _folder["disk.vhd"])).Fault);
    }

    private static string NameOf(FakeBlobService service, int night) => service.IsManagedDisk
        ? service.Uri().Replace("/abcd", $"/snapshot{night}", StringComparison.Ordinal)
        : $"2026-11-{night + 1:00}T02:00:00.1234567Z";

    private static PageBlobAddress TakeSnapshot(FakeBlobService service, int night)
    {
        service.TakeSnapshot(NameOf(service, night));
        return PageBlobAddress.Parse(service.Uri($"snapshot={Uri.EscapeDataString(NameOf(service, night))}&"));
    }

    private static byte[] Footer(long size) =>
        new NewImage(size) { VhdType = VhdType.Fixed, UniqueId = DiskModel.UniqueId, TimeStamp = DiskModel.TimeStamp }.CreateFooter(
            ).Bytes.ToArray();

    private static ImageLayout LayoutOf(string path)
    {
        using LocalImageFile file = LocalImageFile.OpenRead(path);
        return ImageLayout.Read(file);
    }

    private static ReceiveResult Receive(
        FakeBlobService service,
        string path,
        DiskFormat format = DiskFormat.Dynamic,
        bool force = false,
        PageBlobAddress? address = null,
        string? parent = null,
        PreviousSnapshot? previous = null,
        bool isVhdx = false,
        RateLimit? limit = null)
    {
        using PageBlob blob = new AzurePageBlobs(service).Open(address ?? service.Address);
        var options = new ReceiveOptions(path)
        {
            TargetFormat = format,
            TargetImageFormat = isVhdx ? VhdFormat.Vhdx : VhdFormat.Vhd,
            Force = force,
            RateLimit = limit,
            ParentPath = parent,
            PreviousSnapshot = previous,
            UniqueId = Guid.NewGuid(),
            TimeStamp = DiskModel.TimeStamp,
        };
        return ReceiveOperation.Begin(options, blob, new TransferRetry((_, _) => Task.CompletedTask), CancellationToken.None).Run();
    }

    /// <summary>A blob with the disk's pages that are not zeros.</summary>
    private FakeBlobService NewService(bool isManaged = false)
    {
        var service = new FakeBlobService(isManaged, DiskSize + 512);
        for (int at = 0; at < DiskSize; at += 512)
        {
            if (_disk.AsSpan(at, 512).ContainsAnyExcept((byte)0))
            {
                service.Write(at, _disk.AsSpan(at, 512));
            }
        }

        service.Write(DiskSize, Footer(DiskSize));
        return service;
    }
}
