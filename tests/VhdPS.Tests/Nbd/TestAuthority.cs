using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VhdPS.Tests.Nbd;

/// <summary>An authority for one test, with certificates for servers and clients.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _root;

    public TestAuthority(string name = "Test authority")
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(30));
    }

    /// <summary>What trusts this authority.</summary>
    public X509Certificate2Collection Trust => [_root];

    /// <summary>A certificate for a host, or for a client, with its key.</summary>
    public X509Certificate2 Issue(string name, int daysValid = 10)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerUse), new Oid(ClientUse)], critical: false));
        DateTimeOffset begin = DateTimeOffset.UtcNow.AddDays(daysValid > 0 ? -1 : daysValid - 1);
        using X509Certificate2 issued = request.Create(
            _root, begin, DateTimeOffset.UtcNow.AddDays(daysValid), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 withKey = issued.CopyWithPrivateKey(key);

        // QUIRK(windows): its TLS takes no key that lies in memory alone.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Writes the files that libnbd and nbdkit look for in a folder.</summary>
    public void Write(TempFolder folder, string kind, X509Certificate2 certificate)
    {
        File.WriteAllText(folder["ca-cert.pem"], _root.ExportCertificatePem());
        File.WriteAllText(folder[$"{kind}-cert.pem"], certificate.ExportCertificatePem());
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        using ECDsa copy = ECDsa.Create();
        copy.ImportEncryptedPkcs8PrivateKey(
            "x", key.ExportEncryptedPkcs8PrivateKey(
                "x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)), out _);
        File.WriteAllText(folder[$"{kind}-key.pem"], copy.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _root.Dispose();
}
