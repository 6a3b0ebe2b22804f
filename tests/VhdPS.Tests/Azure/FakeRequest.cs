using System.Globalization;
using System.Web;
using Azure.Core;

namespace VhdPS.Tests.Azure;

/// <summary>A request that <see cref="FakeBlobService"/> got.</summary>
internal sealed record FakeRequest(string Method, Uri Uri, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Comp => Query("comp") ?? string.Empty;

    /// <summary>What it does, in a word or two.</summary>
    public string Action => (Method, Comp, this["x-ms-page-write"], this["x-ms-lease-action"]) switch
    {
        ("PUT", "page", { } write, _) => write,
        ("PUT", "lease", _, { } action) => action + " lease",
        ("PUT", "", _, _) => "create",
        ("PUT", "properties", _, _) => "resize",
        ("PUT", _, _, _) => Comp,
        ("GET", "pagelist", _, _) => "list",
        ("GET", _, _, _) => "read",
        _ => "find",
    };

    public (long Start, long End)? Range => (this["x-ms-range"] ?? this["Range"]) is { } text
        ? (Number(text["bytes=".Length..text.IndexOf('-', StringComparison.Ordinal)]),
            Number(text[(text.IndexOf('-', StringComparison.Ordinal) + 1)..]) + 1)
        : null;

    public string? this[string header] => Headers.GetValueOrDefault(header);

    public static FakeRequest Read(Request request)
    {
        using var body = new MemoryStream();
        request.Content?.WriteTo(body, CancellationToken.None);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (HttpHeader header in request.Headers)
        {
            headers[header.Name] = header.Value;
        }

        return new FakeRequest(request.Method.ToString(), request.Uri.ToUri(), headers, body.ToArray());
    }

    public string? Query(string name) => HttpUtility.ParseQueryString(Uri.Query)[name];

    public override string ToString() => Range is { } range ? $"{Action} {range.Start}-{range.End}" : Action;

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
