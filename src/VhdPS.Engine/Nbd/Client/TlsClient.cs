using System.ComponentModel;
using System.Net.Security;
using System.Security.Authentication;

namespace VhdPS.Engine.Nbd.Client;

/// <summary>Encrypts a connection to a server.</summary>
internal sealed class TlsClient(NbdUri uri, NbdClientOptions options)
{
    /// <summary>The name that certificates for a socket of this machine have.</summary>
    private const string LocalName = "localhost";

    private SslPolicyErrors _distrust;

    /// <summary>Encrypts the connection.</summary>
    /// <exception cref="NbdException">The server is not trusted, or the two could not agree.</exception>
    public SslStream Authenticate(Stream stream)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            encrypted.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = TargetHost,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateChainPolicy = options.TrustedAuthorities is { } authorities ? TlsTrust.Only(authorities) : null,
                ClientCertificates = options.ClientCertificate is { } certificate ? [certificate] : null,
                RemoteCertificateValidationCallback = (_, _, _, errors) =>
                {
                    _distrust = errors;
                    return errors == SslPolicyErrors.None || options.SkipCertificateCheck;
                },
            });
            return encrypted;
        }
        catch (Exception error) when (
            error is AuthenticationException or IOException or Win32Exception or InvalidOperationException or ObjectDisposedException)
        {
            encrypted.Dispose();
            throw Failure(error);
        }
    }

    private string TargetHost => uri.TlsHostName ?? (uri.Host.Length > 0 ? uri.Host : LocalName);

    private NbdException Failure(Exception error)
    {
        if (_distrust == SslPolicyErrors.None || options.SkipCertificateCheck)
        {
            return new NbdException(
                uri.ToString(), NbdFault.EncryptionFailed,
                    "the server and this client could not agree on encryption; it may want a certificate of the client.", error);
        }

        string why = _distrust.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "it has none"
            : _distrust.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? "it is not of an authority that is trusted, or not valid now"
            : $"it is not for {TargetHost}";
        return new NbdException(
            uri.ToString(), NbdFault.CertificateNotTrusted, $"the certificate of the server is not trusted: {why}.", error);
    }
}
