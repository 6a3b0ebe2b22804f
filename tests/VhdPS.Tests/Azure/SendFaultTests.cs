using VhdPS.Azure;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Send;
using VhdPS.Engine.Pages;
using VhdPS.Tests.Disks;

namespace VhdPS.Tests.Azure;

/// <summary>What sending does where the service is busy, silent, refuses or is not what it was: against a double of the network.</summary>
public sealed class SendFaultTests : IDisposable
{
    private const int MiB = 1024 * 1024;
    private const int DiskSize = 21 * MiB;

    private readonly TempFolder _folder = new();
    private readonly List<TimeSpan> _waits = [];
    private readonly byte[] _disk = DiskModel.Make("scattered", DiskSize);
    private readonly string _path;

    public SendFaultTests()
    {
        _path = _folder.Write("disk.raw", _disk);
    }

    private string[] StateFiles => Directory.GetFiles(_folder.Root, "*.vhdps-send");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_footer_is_the_last_thing_written_and_requests_are_few()
    {
        var service = new FakeBlobService();
        SendResult result = Send(service);
        AssertSent(service);
        string[] writes = [.. service.Requests.Where(request => request.Action is "update" or "clear").Select(request =>
            request.ToString())];
        Assert.Equal($"update {DiskSize}-{DiskSize + 512}", writes[^1]);
        Assert.Equal(service.Requests.Count, result.RequestCount);
        Assert.All(service.Requests.Where(request => request.Action == "update"), request => Assert.NotNull(request["Content-MD5"]));
        Assert.Null(service.Lease);
        Assert.Empty(StateFiles);
    }

    [Fact]
    public void A_busy_service_is_asked_again_later_by_fewer_at_once()
    {
        var service = new FakeBlobService
        {
            Before = (request, count) => (request.Action, count) switch
            {
                ("update", 2 or 3 or 5) => FakeBlobService.Error(503, "ServerBusy"),
                ("update", 7) => FakeBlobService.Error(500, "InternalError"),
                ("find" or "create" or "acquire lease", 1) => FakeBlobService.Error(503, "ServerBusy"),
                _ => null,
            },
        };
        SendResult result = Send(service);
        AssertSent(service);
        Assert.InRange(result.LowestThrottle, 1, 4);
        Assert.True(_waits.Count >= 7);
        Assert.All(_waits, wait => Assert.InRange(wait.TotalSeconds, 0.25, 30));
    }

    [Fact]
    public void Waits_grow_differ_and_heed_the_service()
    {
        var service = new FakeBlobService
        {
            Before = (request, count) => request.Action == "find" && count <= 6
                ? FakeBlobService.Error(503, "ServerBusy").With("Retry-After", count == 6 ? "29" : "0")
                : null,
        };
        using PageBlob blob = new AzurePageBlobs(service).Open(service.Address);
        using SendOperation operation = SendOperation.Begin(Options(), blob, Retry(0), CancellationToken.None);
        Assert.Equal([0.25, 0.5, 1, 2, 4, 29], _waits.Select(wait => wait.TotalSeconds));
        _waits.Clear();
        service.Reset();
        using SendOperation again = SendOperation.Begin(Options(), blob, Retry(1), CancellationToken.None);
        Assert.Equal([0.5, 1, 2, 4, 8, 29], _waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public void A_service_that_stays_away_is_given_up_and_the_state_is_kept()
    {
        var service = new FakeBlobService
        {
            Before = (request, count) => request.Action == "update" && count > 2
            ? throw new HttpRequestException("No route to host") : null
        };
        TransferException error = Assert.Throws<TransferException>(() => Send(service));
        Assert.Equal(TransferFault.BlobUnavailable, error.Fault);
        Assert.Contains("No route to host", error.Message, StringComparison.Ordinal);
        Assert.Single(StateFiles);
        service.Before = (_, _) => null;
        Send(service);
        AssertSent(service);
    }

    [Fact]
    public void A_time_out_is_tried_again()
    {
        var service = new FakeBlobService
        {
            Before = (request, count) => request.Action is "update" or "find" && count == 1
                ? throw new TaskCanceledException("The operation was canceled.") : null,
        };
        Send(service);
        AssertSent(service);
    }

    [Fact]
    public void A_lost_answer_to_making_the_blob_is_no_other_s_blob()
    {
        var service = new FakeBlobService();
        int lost = 0;
        service.After = (request, answer) => request.Action == "create" && lost++ == 0
            ? throw new IOException("The response ended prematurely.") : answer;
        Send(service);
        AssertSent(service);
    }

    [Fact]
    public void A_lost_answer_to_pages_is_written_again()
    {
        var service = new FakeBlobService();
        int count = 0;
        service.After = (request, answer) => request.Action is "update" or "clear" && count++ % 3 == 0
            ? throw new IOException("The response ended prematurely.") : answer;
        Send(service);
        AssertSent(service);
    }

    [Fact]
    public void A_signature_that_expires_in_the_middle_keeps_the_state_and_a_new_one_goes_on()
    {
        var service = new FakeBlobService
        {
            Before = (request, count) => request.Action == "update" && count > 15
            ? FakeBlobService.Error(403, "AuthenticationFailed") : null
        };
        TransferException error = Assert.Throws<TransferException>(() => Send(service, throttleLimit: 1));
        Assert.Equal(TransferFault.BlobAccessDenied, error.Fault);
        Assert.Contains("AuthenticationFailed", error.Message, StringComparison.Ordinal);
        Assert.Contains("a new SAS goes on", error.Message, StringComparison.Ordinal);
        string state = File.ReadAllText(Assert.Single(StateFiles));
        Assert.DoesNotContain("sig", state, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("done ", state, StringComparison.Ordinal);
        Assert.DoesNotContain(service.Pages.Keys, page => page >= DiskSize / 512);

        service.Before = (_, _) => null;
        int before = service.Requests.Count(request => request.Action == "update");
        SendResult result = Send(service);
        AssertSent(service);
        Assert.True(result.ResumedBytes > 0);
        Assert.All(service.Requests.Where(request => request.Action == "update").Skip(before), request =>
            Assert.True(request.Range!.Value.Start >= result.ResumedBytes));
        Assert.Empty(StateFiles);
    }

    [Fact]
    public void An_expired_signature_is_named_as_such()
    {
        var service = new FakeBlobService { Before = (_, _) => FakeBlobService.Error(403, "AuthenticationFailed") };
        var address = PageBlobAddress.Parse(service.Uri().Replace("2099", "2020", StringComparison.Ordinal));
        using PageBlob blob = new AzurePageBlobs(service).Open(address);
        TransferException error = Assert.Throws<TransferException>(() =>
            SendOperation.Begin(Options(), blob, Retry(), CancellationToken.None));
        Assert.Contains("the SAS expired at 2020-01-01", error.Message, StringComparison.Ordinal);
        Assert.Empty(StateFiles);
    }

    [Fact]
    public void A_signature_that_ends_between_two_requests_has_expired()
    {
        var service = new FakeBlobService
        {
            Before = (request, count) => request.Action == "update" && count > 3
                ? FakeBlobService.Error(403, "AuthenticationFailed") : null,
        };
        var address = PageBlobAddress.Parse(service.Uri().Replace("2099", "2020", StringComparison.Ordinal));
        using PageBlob blob = new AzurePageBlobs(service).Open(address);
        using SendOperation operation = SendOperation.Begin(Options(), blob, Retry(), CancellationToken.None);
        TransferException error = Assert.Throws<TransferException>(() => operation.Run());
        Assert.Contains("the SAS has expired", error.Message, StringComparison.Ordinal);
        Assert.Contains("a new SAS goes on", error.Message, StringComparison.Ordinal);
        Assert.Single(StateFiles);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_image_is_refused_also_when_forced_and_its_target_never_looks_whole(bool force)
    {
        string path = DiskModel.Write(_folder, "dynamic", DiskModel.Make("full", 20 * MiB));
        using (FileStream file = File.OpenWrite(path))
        {
            // Blocks and the footer after them are cut off.
            file.SetLength(9 * MiB);
        }

        var service = new FakeBlobService();
        Assert.ThrowsAny<VhdFormatException>(() =>
        {
            using PageBlob blob = new AzurePageBlobs(service).Open(service.Address);
            using SendOperation operation = SendOperation.Begin(
                Options(force: force) with { SourcePath = path, SourceFormat = SourceFormat.Vhd }, blob, Retry(), CancellationToken.None);
            operation.Run();
        });
        Assert.DoesNotContain(service.Pages.Keys, page => page >= 20 * MiB / 512);
    }

    [Fact]
    public void No_error_holds_the_signature()
    {
        foreach (Func<FakeRequest, int, FakeResponse?> fault in new Func<FakeRequest, int, FakeResponse?>[]
        {
            (request, _) => throw new HttpRequestException($"GET {request.Uri} failed"),
            (request, _) => throw new IOException(request.Uri.AbsoluteUri, new InvalidOperationException(request.Uri.Query)),
            (request, _) => FakeBlobService.Error(400, "InvalidUri").With("x-ms-error-text", request.Uri.Query),
            (_, _) => FakeBlobService.Error(403, "AuthenticationFailed"),
        })
        {
            var service = new FakeBlobService { Before = fault };
            string text = Assert.Throws<TransferException>(() => Send(service)).ToString();
            Assert.DoesNotContain(FakeBlobService.Signature, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Uri.EscapeDataString(FakeBlobService.Signature), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("sv=", text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void An_existing_blob_is_left_alone_unless_forced_and_then_zeros_are_cleared()
    {
        var service = new FakeBlobService(length: (40 * MiB) + 512);
        service.Write(0, DiskModel.Make("full", 40 * MiB, seed: 7));
        service.Write(40 * MiB, new byte[512].Select((_, at) => (byte)(at | 1)).ToArray());
        service.Metadata["owner"] = "another";
        byte[] before = service.Read();
        Assert.Equal(TransferFault.BlobExists, Assert.Throws<TransferException>(() => Send(service)).Fault);
        Assert.Equal(before, service.Read());
        Assert.Empty(StateFiles);

        Send(service, force: true);
        AssertSent(service);
        Assert.Equal("another", service.Metadata["owner"]);
        string[] changes = [.. service.Requests.Select(request => request.ToString()).Where(text =>
            text.StartsWith("update", StringComparison.Ordinal) || text.StartsWith("clear", StringComparison.Ordinal))];
        Assert.Equal($"clear {40 * MiB}-{(40 * MiB) + 512}", changes[0]);
        Assert.Equal($"clear {DiskSize}-{DiskSize + 512}", changes[1]);
    }

    [Fact]
    public void A_block_blob_is_never_overwritten()
    {
        var service = new FakeBlobService(length: 1000) { BlobType = "BlockBlob" };
        Assert.Equal(TransferFault.BlobUnsuitable, Assert.Throws<TransferException>(() => Send(service, force: true)).Fault);
    }

    [Fact]
    public void A_managed_disk_gets_pages_and_nothing_else()
    {
        var service = new FakeBlobService(isManagedDisk: true, length: DiskSize + 512);
        service.Write(5 * MiB, DiskModel.Make("full", MiB, seed: 9));
        Send(service, verify: true);
        AssertSent(service);
        Assert.Equal(["clear", "find", "list", "read", "update"], service.Requests.Select(request => request.Action).Distinct().Order());
        Assert.All(service.Requests.Where(request => request.Action == "update"), request =>
            Assert.DoesNotContain(request.Headers.Keys, name => name.StartsWith("x-ms-blob-content", StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public void A_larger_managed_disk_gets_an_image_as_large()
    {
        var service = new FakeBlobService(isManagedDisk: true, length: (32 * MiB) + 512);
        SendResult result = Send(service, verify: true);
        Assert.Equal(32 * MiB, result.SizeBytes);
        Assert.Null(result.SourceHash);
        Assert.NotNull(result.Hash);
        byte[] sent = service.Read();
        Assert.Equal(_disk, sent[..DiskSize]);
        Assert.False(sent.AsSpan(DiskSize, 11 * MiB).ContainsAnyExcept((byte)0));
        Assert.Equal(32UL * MiB, HardDiskFooter.Parse(sent.AsSpan(32 * MiB)).CurrentSize);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(sent.AsSpan(0, 32 * MiB)), result.Hash);
    }

    [Fact]
    public void A_smaller_managed_disk_is_refused_before_the_first_byte_with_both_numbers()
    {
        var service = new FakeBlobService(isManagedDisk: true, length: (20 * MiB) + 512);
        TransferException error = Assert.Throws<TransferException>(() => Send(service));
        Assert.Equal(TransferFault.BlobTooSmall, error.Fault);
        Assert.Contains($"{(20 * MiB) + 512}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{DiskSize + 512}", error.Message, StringComparison.Ordinal);
        Assert.Equal(["find"], service.Requests.Select(request => request.Action).Distinct());
        Assert.Empty(StateFiles);
    }

    [Fact]
    public void A_managed_disk_that_was_made_anew_is_sent_anew()
    {
        var service = new FakeBlobService(isManagedDisk: true, length: DiskSize + 512)
        {
            Before = (request, count) =>
            request.Action == "update" && count > 15 ? FakeBlobService.Error(403, "AuthenticationFailed") : null
        };
        Assert.Throws<TransferException>(() => Send(service, throttleLimit: 1));
        service.Pages.Clear();
        service.CreatedTime = service.CreatedTime.AddHours(1);
        service.Before = (_, _) => null;
        Assert.Equal(0, Send(service).ResumedBytes);
        AssertSent(service);
    }

    [Fact]
    public void A_changed_source_is_refused_and_begun_anew_when_forced()
    {
        var service = new FakeBlobService
        {
            Before = (request, count) => request.Action == "update" && count > 15
            ? FakeBlobService.Error(403, "AuthenticationFailed") : null
        };
        Assert.Throws<TransferException>(() => Send(service, throttleLimit: 1));
        _disk[100] ^= 1;
        File.WriteAllBytes(_path, _disk);
        service.Before = (_, _) => null;
        TransferException error = Assert.Throws<TransferException>(() => Send(service));
        Assert.Equal(TransferFault.TransferStateDiffers, error.Fault);
        Assert.Contains("was changed since", error.Message, StringComparison.Ordinal);
        Send(service, force: true);
        AssertSent(service);
    }

    [Fact]
    public void A_blob_that_another_leases_is_in_use_and_one_of_a_killed_run_is_taken_over()
    {
        var service = new FakeBlobService(length: DiskSize + 512) { Lease = Guid.NewGuid().ToString() };
        Assert.Equal(TransferFault.BlobInUse, Assert.Throws<TransferException>(() => Send(service, force: true)).Fault);
        Assert.Empty(StateFiles);

        service = new FakeBlobService
        {
            Before = (request, count) => request.Action == "update" && count > 15
            ? FakeBlobService.Error(403, "AuthenticationFailed") : null
        };
        Assert.Throws<TransferException>(() => Send(service, throttleLimit: 1));
        service.Lease = Guid.NewGuid().ToString();
        service.Before = (_, _) => null;
        Assert.True(Send(service).ResumedBytes > 0);
        AssertSent(service);
        Assert.Contains(service.Requests, request => request.Action == "break lease");
    }

    [Fact]
    public void A_lease_that_is_lost_ends_the_work()
    {
        var service = new FakeBlobService();
        service.Before = (request, count) =>
        {
            service.Lease = request.Action == "update" && count == 3 ? "another" : service.Lease;
            return null;
        };
        Assert.Equal(TransferFault.BlobInUse, Assert.Throws<TransferException>(() => Send(service)).Fault);
        Assert.DoesNotContain(service.Pages.Keys, page => page >= DiskSize / 512);
    }

    [Fact]
    public void Two_senders_by_one_state_file_are_one_too_many()
    {
        var service = new FakeBlobService(isManagedDisk: true, length: DiskSize + 512);
        TransferException? second = null;
        service.Before = (request, count) =>
        {
            if (request.Action == "update" && count == 2)
            {
                var other = new FakeBlobService(isManagedDisk: true, length: DiskSize + 512);
                second = Assert.Throws<TransferException>(() => Send(other));
            }

            return null;
        };
        Send(service);
        AssertSent(service);
        Assert.Equal(TransferFault.BlobInUse, second!.Fault);
    }

    [Fact]
    public void A_page_that_did_not_arrive_is_found_by_reading_back_and_the_footer_is_not_written()
    {
        var service = new FakeBlobService();
        service.After = (request, answer) =>
        {
            if (request.Action == "update" && request.Range!.Value.Start < DiskSize)
            {
                service.Pages[request.Range.Value.Start / 512] = new byte[512];
            }

            return answer;
        };
        TransferException error = Assert.Throws<TransferException>(() => Send(service, verify: true));
        Assert.Equal(TransferFault.BlobContentDiffers, error.Fault);
        Assert.DoesNotContain(service.Pages.Keys, page => page >= DiskSize / 512);
    }

    [Fact]
    public void A_long_list_of_pages_is_read_in_parts()
    {
        var service = new FakeBlobService(isManagedDisk: true, length: DiskSize + 512) { MaxRanges = 3 };
        for (int at = 0; at < DiskSize; at += 2 * MiB)
        {
            service.Write(at + 4096, DiskModel.Make("full", 512, seed: at));
        }

        Send(service, verify: true);
        AssertSent(service);
        Assert.True(service.Requests.Count(request => request.Query("marker") is not null) >= 3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_fails_and_however_often_the_disk_arrives_whole_or_has_no_footer(int seed)
    {
        var random = new Random(seed);
        var service = new FakeBlobService(isManagedDisk: seed == 2, length: seed == 2 ? DiskSize + 512 : null) { MaxRanges = 4 };
        if (seed == 2)
        {
            service.Write(0, DiskModel.Make("scattered", DiskSize, seed: 77));
            service.Write(DiskSize, new byte[512].Select((_, at) => (byte)(at | 1)).ToArray());
        }

        service.Before = (_, _) => random.Next(20) switch
        {
            0 => FakeBlobService.Error(503, "ServerBusy"),
            1 => throw new HttpRequestException("connection reset"),
            2 when random.Next(4) == 0 => FakeBlobService.Error(403, "AuthenticationFailed"),
            _ => null,
        };
        service.After = (_, answer) => random.Next(20) == 0 ? throw new IOException("The response ended prematurely.") : answer;
        for (int run = 0; ; run++)
        {
            Assert.True(run < 100);
            try
            {
                Send(service, verify: run % 2 == 1);
                break;
            }
            catch (TransferException error)
            {
                bool hasStarted = service.Requests.Any(request => request.Action is "update");
                Assert.True(!hasStarted || !service.IsThere || !service.Pages.ContainsKey(DiskSize / 512), error.ToString());
            }
        }

        AssertSent(service);
    }

    [Fact]
    public void A_disk_that_no_blob_holds_is_refused_before_the_first_byte()
    {
        string path = _folder["large.raw"];
        using (FileStream file = File.Create(path))
        {
            file.SetLength(8L * 1024 * 1024 * MiB);
        }

        var service = new FakeBlobService();
        using PageBlob blob = new AzurePageBlobs(service).Open(service.Address);
        TransferException error = Assert.Throws<TransferException>(() =>
            SendOperation.Begin(Options() with { SourcePath = path }, blob, Retry(), CancellationToken.None));
        Assert.Equal(TransferFault.DiskTooLarge, error.Fault);
        Assert.Equal(["find"], service.Requests.Select(request => request.Action));
    }

    private SendOptions Options(bool verify = false, bool force = false, int throttleLimit = 8) => new(_path)
    {
        SourceFormat = SourceFormat.Raw,
        Verify = verify,
        Force = force,
        ThrottleLimit = throttleLimit,
        UniqueId = DiskModel.UniqueId,
        TimeStamp = DiskModel.TimeStamp,
    };

    private TransferRetry Retry(double? jitter = null) => new(
        (wait, _) =>
        {
            lock (_waits)
            {
                _waits.Add(wait);
            }

            return Task.CompletedTask;
        },
        jitter is { } number ? () => number : null);

    private SendResult Send(FakeBlobService service, bool verify = false, bool force = false, int throttleLimit = 8)
    {
        using PageBlob blob = new AzurePageBlobs(service).Open(service.Address);
        using SendOperation operation = SendOperation.Begin(Options(verify, force, throttleLimit), blob, Retry(), CancellationToken.None);
        return operation.Run();
    }

    private void AssertSent(FakeBlobService service)
    {
        byte[] sent = service.Read();
        Assert.Equal(DiskSize + 512, sent.Length);
        Assert.True(_disk.AsSpan().SequenceEqual(sent.AsSpan(0, DiskSize)));
        HardDiskFooter footer = HardDiskFooter.Parse(sent.AsSpan(DiskSize));
        Assert.True(footer.IsChecksumValid);
        Assert.Equal((VhdType.Fixed, (ulong)DiskSize), (footer.DiskType, footer.CurrentSize));
    }
}
