using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>Where a server listens and what it asks of its clients.</summary>
public sealed record NbdServerOptions
{
    /// <summary>
    /// Path of the Unix socket, which no one else may use; null with no <see cref="Address"/>: a new one in a new folder, or on
    /// Windows a free port of this machine alone.
    /// </summary>
    public string? SocketPath { get; init; }

    /// <summary>The address to listen at by TCP; null for a Unix socket.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The TCP port; 0 for a free one.</summary>
    public int Port { get; init; } = NbdSpec.DefaultPort;

    /// <summary>The server's certificate with its private key: clients then have to encrypt. Null: no encryption.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The authorities of which every client must have a certificate; null: none is asked for.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>Whether an address that others can reach may be used without a certificate.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>The most clients at once; more are turned away.</summary>
    public int MaxClientCount { get; init; } = 64;

    /// <summary>How long a client may take until it uses an export.</summary>
    public TimeSpan HandshakeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a client may take to send the rest of a request that it has begun, or to take a reply, above a second for each
    /// 64 KiB. Between two requests it may take as long as it likes.
    /// </summary>
    public TimeSpan TransferLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long requests that are under way may take when the server is stopped.</summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(5);
}
