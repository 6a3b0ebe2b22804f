using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using VhdPS.Engine.Pages;

namespace VhdPS.Tests.Azure;

/// <summary>
/// A service of one page blob in the place of the network, by what Azure's documents say of it: what Azurite does not do, or
/// does otherwise. It is busy, silent, breaks off and refuses where a test says so.
/// </summary>
internal sealed class FakeBlobService : HttpPipelineTransport
{
    public const int PageSize = 512;
    public const string Signature = "c2VjcmV0/c2lnbmF0dXJl+w==";

    private readonly object _gate = new();
    private readonly Dictionary<string, int> _counts = [];
    private int _version;

    public FakeBlobService(bool isManagedDisk = false, long? length = null)
    {
        IsManagedDisk = isManagedDisk;
        Address = PageBlobAddress.Parse(Uri());
        if (length is { } bytes)
        {
            Length = bytes;
            IsThere = true;
        }
    }

    public bool IsManagedDisk { get; }

    public PageBlobAddress Address { get; }

    public bool IsThere { get; set; }

    public long Length { get; set; }

    public string BlobType { get; set; } = "PageBlob";

    public DateTimeOffset CreatedTime { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public Dictionary<long, byte[]> Pages { get; set; } = [];

    public Dictionary<string, string> Metadata { get; } = [];

    public string? Lease { get; set; }

    /// <summary>The pages of snapshots, by their time or, for those of managed disks, by their URI.</summary>
    public Dictionary<string, Dictionary<long, byte[]>> Snapshots { get; } = [];

    /// <summary>Forgets what was requested, and counts anew.</summary>
    public void Reset()
    {
        Requests.Clear();
        _counts.Clear();
    }

    /// <summary>The most ranges in one part of a list.</summary>
    public int MaxRanges { get; set; } = 10_000;

    /// <summary>All requests, those too that failed.</summary>
    public List<FakeRequest> Requests { get; } = [];

    /// <summary>Fails a request before it does anything: returns an answer, throws, or returns null to let it through.</summary>
    public Func<FakeRequest, int, FakeResponse?> Before { get; set; } = (_, _) => null;

    /// <summary>Spoils the answer to a request that was carried out.</summary>
    public Func<FakeRequest, FakeResponse, FakeResponse> After { get; set; } = (_, answer) => answer;

    public string Uri(string? query = null)
    {
        string host = IsManagedDisk ? "md-0a1b2c3d.z12.blob.storage.azure.net" : "example.blob.core.windows.net";
        return $"https://{host}/disks/abcd?sv=2021-12-02&sr=b&se=2099-01-01T00%3A00%3A00Z&sp=rw&{query}"
            + $"sig={System.Uri.EscapeDataString(Signature)}";
    }

    public static FakeResponse Error(int status, string code) =>
        new(status,
            Encoding.UTF8.GetBytes(
                $"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>No.</Message></Error>"))
        {
            [
                    "x-ms-error-code"] = code,
            ["Content-Type"] = "application/xml"
        };

    /// <summary>The whole blob.</summary>
    public byte[] Read()
    {
        byte[] bytes = new byte[Length];
        foreach ((long page, byte[] content) in Pages)
        {
            content.CopyTo(bytes, page * PageSize);
        }

        return bytes;
    }

    /// <summary>Writes pages as another client does.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += PageSize)
        {
            Pages[(offset + at) / PageSize] = bytes.Slice(at, PageSize).ToArray();
        }

        _version++;
    }

    /// <summary>Clears pages as another client does.</summary>
    public void Clear(long offset, long length)
    {
        for (long page = offset / PageSize; page < (offset + length) / PageSize; page++)
        {
            Pages.Remove(page);
        }

        _version++;
    }

    /// <summary>Keeps what there is as a snapshot.</summary>
    public void TakeSnapshot(string name) => Snapshots[name] = new Dictionary<long, byte[]>(Pages);

    public override Request CreateRequest() => HttpClientTransport.Shared.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException("Only asynchronous requests are made.");

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        // As on a network, the caller goes on before the answer is there.
        await Task.Yield();
        message.CancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var request = FakeRequest.Read(message.Request);
            Requests.Add(request);
            int count = _counts[request.Action] = _counts.GetValueOrDefault(request.Action) + 1;
            message.Response = Before(request, count) ?? After(request, Answer(request));
        }
    }

    private FakeResponse Answer(FakeRequest request)
    {
        bool needsLease = request.Action is "update" or "clear" or "resize" or "metadata";
        return request switch
        {
            { Action: "create" } when IsManagedDisk => Error(403, "AuthorizationPermissionMismatch"),
            { Action: "resize" or "metadata" or "acquire lease" or "renew lease" or "release lease" or "break lease" } when IsManagedDisk =>
                Error(403, "AuthorizationPermissionMismatch"),
            { Action: "create" } => Create(request),
            _ when !IsThere => request.Method == "HEAD" ? new FakeResponse(404) { ["x-ms-error-code"] = "BlobNotFound" }
                : Error(404, "BlobNotFound"),
            _ when needsLease && request["x-ms-lease-id"] != Lease =>
                Error(412, Lease is null ? "LeaseNotPresentWithBlobOperation" : "LeaseIdMissing"),
            _ when request["If-Match"] is { } tag && tag != ETag() => Error(412, "ConditionNotMet"),
            { Action: "update" } => Update(request),
            { Action: "clear" } => ClearRange(request),
            { Action: "resize" } => Resize(request),
            { Action: "metadata" } => SetMetadata(request),
            { Action: "list" } => List(request),
            { Action: "read" } => ReadRange(request),
            { Action: "find" } => Find(),
            _ => AnswerLease(request),
        };
    }

    private string ETag() => $"\"0x{_version}\"";

    private FakeResponse Stamp(FakeResponse answer) => answer
        .With("ETag", ETag())
        .With("Last-Modified", DateTimeOffset.UnixEpoch.AddSeconds(_version).ToString("R", CultureInfo.InvariantCulture));

    private FakeResponse Create(FakeRequest request)
    {
        if (IsThere && request["If-None-Match"] is not null)
        {
            return Error(409, "BlobAlreadyExists");
        }

        IsThere = true;
        Length = long.Parse(request["x-ms-blob-content-length"]!, CultureInfo.InvariantCulture);
        Pages.Clear();
        SetMetadata(request);
        return Stamp(new FakeResponse(201));
    }

    private FakeResponse SetMetadata(FakeRequest request)
    {
        const string prefix = "x-ms-meta-";
        Metadata.Clear();
        foreach (
            (string name, string value) in request.Headers.Where(header =>
                header.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
        {
            Metadata[name[prefix.Length..]] = value;
        }

        _version++;
        return Stamp(new FakeResponse(200));
    }

    private FakeResponse Resize(FakeRequest request)
    {
        Length = long.Parse(request["x-ms-blob-content-length"]!, CultureInfo.InvariantCulture);
        foreach (long page in Pages.Keys.Where(page => page * PageSize >= Length).ToArray())
        {
            Pages.Remove(page);
        }

        _version++;
        return Stamp(new FakeResponse(200));
    }

    private FakeResponse Update(FakeRequest request)
    {
        (long start, long end) = request.Range!.Value;
        if (start % PageSize != 0 || end % PageSize != 0 || end > Length || end - start != request.Body.Length)
        {
            return Error(416, "InvalidPageRange");
        }

        if (request.Body.Length > 4 * 1024 * 1024)
        {
            return Error(413, "RequestBodyTooLarge");
        }

        if (request["Content-MD5"] is not { } sum || sum != Sum(request.Body))
        {
            return Error(400, "Md5Mismatch");
        }

        Write(start, request.Body);
        return Stamp(new FakeResponse(201)).With("Content-MD5", sum).With("x-ms-request-server-encrypted", "true");
    }

    private FakeResponse ClearRange(FakeRequest request)
    {
        (long start, long end) = request.Range!.Value;
        if (start % PageSize != 0 || end % PageSize != 0 || end > Length)
        {
            return Error(416, "InvalidPageRange");
        }

        Clear(start, end - start);
        return Stamp(new FakeResponse(201)).With("x-ms-request-server-encrypted", "true");
    }

    private FakeResponse ReadRange(FakeRequest request)
    {
        (long start, long end) = request.Range ?? (0, Length);
        end = Math.Min(end, Length);
        byte[] bytes = new byte[end - start];
        for (long at = start; at < end;)
        {
            int inPage = (int)(at % PageSize), count = (int)Math.Min(PageSize - inPage, end - at);
            if (Pages.TryGetValue(at / PageSize, out byte[]? page))
            {
                page.AsSpan(inPage, count).CopyTo(bytes.AsSpan((int)(at - start)));
            }

            at += count;
        }

        FakeResponse answer = Stamp(new FakeResponse(206, bytes))
            .With("Content-Length", bytes.Length.ToString(CultureInfo.InvariantCulture))
            .With("Content-Range", $"bytes {start}-{end - 1}/{Length}")
            .With("x-ms-blob-type", BlobType);
        return request["x-ms-range-get-content-md5"] == "true" ? answer.With("Content-MD5", Sum(bytes)) : answer;
    }

    private FakeResponse Find()
    {
        FakeResponse answer = Stamp(new FakeResponse(200))
            .With("Content-Length", Length.ToString(CultureInfo.InvariantCulture))
            .With("x-ms-blob-type", BlobType)
            .With("x-ms-creation-time", CreatedTime.ToString("R", CultureInfo.InvariantCulture));
        foreach ((string name, string value) in Metadata)
        {
            answer.With("x-ms-meta-" + name, value);
        }

        return answer;
    }

    private FakeResponse List(FakeRequest request)
    {
        Dictionary<long, byte[]>? since = null;
        if ((request.Query("prevsnapshot") ?? request["x-ms-previous-snapshot-url"]) is { } name && !Snapshots.TryGetValue(name, out since))
        {
            return Error(409, "PreviousSnapshotNotFound");
        }

        (long start, long end) = request.Range ?? (0, Length);
        long from = request.Query("marker") is { Length: > 0 } marker ? long.Parse(marker, CultureInfo.InvariantCulture) : start;
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><PageList>");
        int count = 0;
        string next = string.Empty;
        foreach ((long offset, long rangeEnd, bool isCleared) in Ranges(since).Where(range => range.End > from && range.Offset < end))
        {
            if (count++ == MaxRanges)
            {
                next = offset.ToString(CultureInfo.InvariantCulture);
                break;
            }

            string element = isCleared ? "ClearRange" : "PageRange";
            text.Append(CultureInfo.InvariantCulture,
                $"<{element}><Start>{Math.Max(offset, from)}</Start><End>{Math.Min(rangeEnd, end) - 1}</End></{element}>");
        }

        text.Append(CultureInfo.InvariantCulture, $"<NextMarker>{next}</NextMarker></PageList>");
        return Stamp(new FakeResponse(200, Encoding.UTF8.GetBytes(text.ToString())))
            .With("Content-Type", "application/xml")
            .With("x-ms-blob-content-length", Length.ToString(CultureInfo.InvariantCulture));
    }

    private IEnumerable<(long Offset, long End, bool IsCleared)> Ranges(Dictionary<long, byte[]>? since)
    {
        IEnumerable<(long Page, bool IsCleared)> pages = since is null
            ? Pages.Keys.Select(page => (page, false))
            : Pages.Where(pair => !since.TryGetValue(pair.Key, out byte[]? old) || !ReferenceEquals(old, pair.Value)).Select(pair =>
                (pair.Key, false))
                .Concat(since.Keys.Where(page => !Pages.ContainsKey(page)).Select(page => (page, true)));
        (long First, long Past, bool IsCleared)? open = null;
        foreach ((long page, bool isCleared) in pages.OrderBy(pair => pair.Item1))
        {
            if (open is { } run && run.Past == page && run.IsCleared == isCleared)
            {
                open = (run.First, page + 1, isCleared);
                continue;
            }

            if (open is { } done)
            {
                yield return (done.First * PageSize, done.Past * PageSize, done.IsCleared);
            }

            open = (page, page + 1, isCleared);
        }

        if (open is { } last)
        {
            yield return (last.First * PageSize, last.Past * PageSize, last.IsCleared);
        }
    }

    private FakeResponse AnswerLease(FakeRequest request)
    {
        switch (request["x-ms-lease-action"])
        {
            case "acquire":
                if (Lease is not null && Lease != request["x-ms-proposed-lease-id"])
                {
                    return Error(409, "LeaseAlreadyPresent");
                }

                Lease = request["x-ms-proposed-lease-id"] ?? Guid.NewGuid().ToString();
                return Stamp(new FakeResponse(201)).With("x-ms-lease-id", Lease);
            case "break":
                Lease = null;
                return Stamp(new FakeResponse(202)).With("x-ms-lease-time", "0");
            case var action:
                if (Lease != request["x-ms-lease-id"])
                {
                    return Error(409, "LeaseIdMismatchWithLeaseOperation");
                }

                Lease = action == "release" ? null : Lease;
                return Stamp(new FakeResponse(200)).With("x-ms-lease-id", request["x-ms-lease-id"]!);
        }
    }

    private static string Sum(byte[] bytes)
    {
#pragma warning disable CA5351 // The protocol's checksum.
        return Convert.ToBase64String(MD5.HashData(bytes));
#pragma warning restore CA5351
    }
}
