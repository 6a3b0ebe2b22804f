using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace VhdPS.Engine.Nbd;

/// <summary>
/// The address of an export: <c>nbd://host:port/name</c> or <c>nbd+unix:///name?socket=path</c>, with <c>nbds</c> where the
/// connection is to be encrypted. Taken apart here and not by <see cref="Uri"/>, which would change names such as <c>a/../b</c>.
/// </summary>
/// <remarks>Source: doc/uri.md of NetworkBlockDevice.</remarks>
public sealed record NbdUri
{
    private static readonly (string Scheme, NbdTransport Transport, bool IsEncrypted)[] Schemes =
    [
        ("nbd", NbdTransport.Tcp, false),
        ("nbds", NbdTransport.Tcp, true),
        ("nbd+unix", NbdTransport.Unix, false),
        ("nbds+unix", NbdTransport.Unix, true),
    ];

    private NbdUri()
    {
    }

    /// <summary>What carries the connection.</summary>
    public NbdTransport Transport { get; private init; }

    /// <summary>Whether the connection is to be encrypted; without encryption it then fails.</summary>
    public bool IsEncrypted { get; private init; }

    /// <summary>Host name or address, IPv6 without brackets; empty for a Unix socket.</summary>
    public string Host { get; private init; } = string.Empty;

    /// <summary>The TCP port.</summary>
    public int Port { get; private init; } = NbdSpec.DefaultPort;

    /// <summary>Path of the Unix socket; empty for TCP.</summary>
    public string SocketPath { get; private init; } = string.Empty;

    /// <summary>The export's name; empty for the server's default export.</summary>
    public string ExportName { get; private init; } = string.Empty;

    /// <summary>The name that the server's certificate must have, where it is not <see cref="Host"/>; null otherwise.</summary>
    public string? TlsHostName { get; private init; }

    /// <summary>Whether a value is meant as an NBD URI, well formed or not.</summary>
    public static bool IsNbd([NotNullWhen(true)] string? value) => value is not null && FindScheme(value) >= 0;

    /// <summary>Takes an address apart.</summary>
    /// <exception cref="NbdException">It is no NBD URI; the message says why.</exception>
    public static NbdUri Parse(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        int scheme = FindScheme(value);
        if (scheme < 0)
        {
            throw Invalid(value, "the scheme is none of nbd, nbds, nbd+unix and nbds+unix.");
        }

        (string name, NbdTransport transport, bool isEncrypted) = Schemes[scheme];
        string rest = value[(name.Length + 1)..];
        if (rest.Contains('#', StringComparison.Ordinal))
        {
            throw Invalid(value, "a fragment (#) names nothing; a # in a name is written %23.");
        }

        int queryAt = rest.IndexOf('?', StringComparison.Ordinal);
        string query = queryAt < 0 ? string.Empty : rest[(queryAt + 1)..];
        rest = queryAt < 0 ? rest : rest[..queryAt];
        string authority = string.Empty;
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            int pathAt = rest.IndexOf('/', 2);
            authority = pathAt < 0 ? rest[2..] : rest[2..pathAt];
            rest = pathAt < 0 ? string.Empty : rest[pathAt..];
        }
        else if (transport == NbdTransport.Tcp)
        {
            throw Invalid(value, $"{name}: is not followed by //host.");
        }

        var uri = new NbdUri
        {
            Transport = transport,
            IsEncrypted = isEncrypted,
            ExportName = Decode(value, rest.StartsWith('/') ? rest[1..] : rest),
        };
        uri = ReadQuery(value, uri, query);
        uri = transport == NbdTransport.Tcp ? ReadAuthority(value, uri, authority) : CheckUnix(value, uri, authority);
        return Encoding.UTF8.GetByteCount(uri.ExportName) > NbdSpec.MaxStringLength
            ? throw Invalid(value, $"the name of the export is longer than {NbdSpec.MaxStringLength} bytes.")
            : uri;
    }

    /// <summary>The address of an export that is reached by TCP.</summary>
    public static NbdUri ForTcp(string host, int port, string exportName, bool isEncrypted = false) =>
        new() { Host = host, Port = port, ExportName = exportName, IsEncrypted = isEncrypted };

    /// <summary>The address of an export that is reached by a Unix socket.</summary>
    public static NbdUri ForUnix(string socketPath, string exportName, bool isEncrypted = false) =>
        new() { Transport = NbdTransport.Unix, SocketPath = socketPath, ExportName = exportName, IsEncrypted = isEncrypted };

    /// <summary>The same server's export of another name.</summary>
    public NbdUri WithExportName(string exportName) => this with { ExportName = exportName };

    /// <summary>The address as text, escaped where it has to be; <see cref="Parse"/> gives the same back.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Schemes.First(scheme => scheme.Transport == Transport && scheme.IsEncrypted == IsEncrypted).Scheme);
        text.Append("://");
        if (Transport == NbdTransport.Tcp)
        {
            bool isIPv6 = Host.Contains(':', StringComparison.Ordinal);
            text.Append(isIPv6 ? $"[{Host.Replace("%", "%25", StringComparison.Ordinal)}]" : Encode(Host, keepsSlash: false));
            if (Port != NbdSpec.DefaultPort)
            {
                text.Append(CultureInfo.InvariantCulture, $":{Port}");
            }
        }

        text.Append('/').Append(Encode(ExportName, keepsSlash: true));
        char separator = '?';
        if (Transport == NbdTransport.Unix)
        {
            text.Append("?socket=").Append(Encode(SocketPath, keepsSlash: true));
            separator = '&';
        }

        return TlsHostName is { } name ? text.Append(separator).Append("tls-hostname=").Append(Encode(name, keepsSlash: false)).ToString()
            : text.ToString();
    }

    private static int FindScheme(string value) => Array.FindIndex(
        Schemes, scheme => value.Length > scheme.Scheme.Length && value[scheme.Scheme.Length] == ':'
            && value.StartsWith(scheme.Scheme, StringComparison.OrdinalIgnoreCase));

    private static NbdUri ReadAuthority(string value, NbdUri uri, string authority)
    {
        if (authority.Contains('@', StringComparison.Ordinal))
        {
            throw Invalid(value, "a user name is not supported.");
        }

        string host = authority, port = string.Empty;
        if (authority.StartsWith('['))
        {
            int end = authority.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || (end + 1 < authority.Length && authority[end + 1] != ':'))
            {
                throw Invalid(value, "the brackets around the IPv6 address are not closed before the port.");
            }

            host = authority[1..end];
            port = authority[(end + 1)..].TrimStart(':');
            if (!System.Net.IPAddress.TryParse(Decode(value, host), out _))
            {
                throw Invalid(value, $"[{host}] is no IPv6 address.");
            }
        }
        else if (authority.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon)
        {
            host = authority[..colon];
            port = authority[(colon + 1)..];
        }

        host = Decode(value, host);
        if (host.Length == 0)
        {
            throw Invalid(value, "it names no host.");
        }

        int number = NbdSpec.DefaultPort;
        if (port.Length > 0
            && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is < 1 or > ushort.MaxValue))
        {
            throw Invalid(value, $"the port {port} is not from 1 to {ushort.MaxValue}.");
        }

        return uri.SocketPath.Length > 0
            ? throw Invalid(value, "socket= belongs to nbd+unix and nbds+unix.")
            : uri with { Host = host, Port = number };
    }

    private static NbdUri CheckUnix(string value, NbdUri uri, string authority)
    {
        if (authority.Length > 0)
        {
            throw Invalid(value, $"a Unix socket has no host, and {authority} stands in its place: three slashes come before the name.");
        }

        return uri.SocketPath.Length > 0 ? uri : throw Invalid(value, "it names no socket: ?socket=path is missing.");
    }

    private static NbdUri ReadQuery(string value, NbdUri uri, string query)
    {
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? pair : pair[..equals];
            string text = equals < 0 ? string.Empty : Decode(value, pair[(equals + 1)..]);
            uri = key switch
            {
                "socket" when uri.SocketPath.Length == 0 => uri with { SocketPath = text },
                "tls-hostname" when uri.TlsHostName is null && uri.IsEncrypted && text.Length > 0 => uri with { TlsHostName = text },
                _ => throw Invalid(value, $"the parameter {key} is unknown, stands twice or does not belong here."),
            };
        }

        return uri;
    }

    private static string Decode(string value, string part)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(part.Length)];
        int count = 0;
        for (int i = 0; i < part.Length;)
        {
            if (part[i] == '%')
            {
                bytes[count++] = i + 2 < part.Length && byte.TryParse(
                    part.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte escaped)
                    ? escaped
                    : throw Invalid(value, $"the % at \"{part[i..]}\" is not followed by two hexadecimal digits.");
                i += 3;
                continue;
            }

            int next = part.IndexOf('%', i);
            int end = next < 0 ? part.Length : next;
            count += Encoding.UTF8.GetBytes(part.AsSpan(i, end - i), bytes.AsSpan(count));
            i = end;
        }

        ReadOnlySpan<byte> decoded = bytes.AsSpan(0, count);
        return decoded.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(decoded)
            ? throw Invalid(value, $"\"{part}\" is no UTF-8 text without NUL.")
            : Encoding.UTF8.GetString(decoded);
    }

    private static string Encode(string text, bool keepsSlash)
    {
        string escaped = Uri.EscapeDataString(text);
        return keepsSlash ? escaped.Replace("%2F", "/", StringComparison.Ordinal) : escaped;
    }

    private static NbdException Invalid(string value, string why) =>
        new(value, NbdFault.InvalidUri, $"this is no address of an NBD export: {why}");
}
