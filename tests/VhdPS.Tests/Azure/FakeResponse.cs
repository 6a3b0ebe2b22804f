using Azure;
using Azure.Core;

namespace VhdPS.Tests.Azure;

/// <summary>An answer of <see cref="FakeBlobService"/>.</summary>
internal sealed class FakeResponse(int status, byte[]? body = null) : Response
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase) { ["x-ms-version"] = "2021-12-02" };
    private Stream? _content = new MemoryStream(body ?? []);

    public override int Status { get; } = status;

    public override string ReasonPhrase => string.Empty;

    public override Stream? ContentStream
    {
        get => _content;
        set => _content = value;
    }

    public override string ClientRequestId { get; set; } = string.Empty;

    public string this[string name]
    {
        init => _headers[name] = value;
    }

    public FakeResponse With(string name, string value)
    {
        _headers[name] = value;
        return this;
    }

    public override void Dispose() => _content?.Dispose();

    protected override bool ContainsHeader(string name) => _headers.ContainsKey(name);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers.Select(header => new HttpHeader(header.Key, header.Value));

    protected override bool TryGetHeader(string name, out string value) => _headers.TryGetValue(name, out value!);

    protected override bool TryGetHeaderValues(string name, out IEnumerable<string> values)
    {
        bool isThere = _headers.TryGetValue(name, out string? value);
        values = isThere ? [value!] : [];
        return isThere;
    }
}
