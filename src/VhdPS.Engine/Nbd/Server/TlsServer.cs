using System.ComponentModel;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>Encrypts a server's connections.</summary>
internal sealed class TlsServer
{
    private readonly SslServerAuthenticationOptions _options;

    /// <summary>Takes the certificate.</summary>
    /// <exception cref="ArgumentException">It has no private key.</exception>
    public TlsServer(X509Certificate2 certificate, X509Certificate2Collection? clientAuthorities)
    {
        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException("A server's certificate needs its private key.", nameof(certificate));
        }

        _options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
        };
        if (clientAuthorities is not null)
        {
            _options.ClientCertificateRequired = true;
            _options.CertificateChainPolicy = TlsTrust.Only(clientAuthorities);
        }
    }

    /// <summary>Encrypts a connection.</summary>
    /// <exception cref="NbdException">The two could not agree, or the client's certificate is not one that is asked for.</exception>
    public SslStream Authenticate(Stream stream, string uri)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            encrypted.AuthenticateAsServer(_options);
            return encrypted;
        }
        catch (Exception error) when (
            error is AuthenticationException or IOException or Win32Exception or InvalidOperationException or ObjectDisposedException)
        {
            encrypted.Dispose();
            throw new NbdException(uri, NbdFault.EncryptionFailed, "a client and the server could not agree on encryption.", error);
        }
    }
}
