using System.Security.Cryptography.X509Certificates;

namespace VhdPS.Engine.Nbd.Client;

/// <summary>How servers are trusted and waited for.</summary>
public sealed record NbdClientOptions
{
    /// <summary>What holds for those that ask for nothing.</summary>
    public static readonly NbdClientOptions Default = new();

    /// <summary>The authorities of which the server must have a certificate; null: those that the system trusts.</summary>
    public X509Certificate2Collection? TrustedAuthorities { get; init; }

    /// <summary>Whether any certificate will do: encrypted, but by whom is not known.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>The certificate that is shown to a server that asks for one, with its private key.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The most connections at once, to a server that allows more than one.</summary>
    public int MaxConnectionCount { get; init; } = 4;

    /// <summary>How long connecting may take, up to the use of the export.</summary>
    public TimeSpan ConnectLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a server may take for a reply, above a second for each 64 KiB that is waited for.</summary>
    public TimeSpan ReplyLimit { get; init; } = TimeSpan.FromSeconds(30);
}
