using System.Net;
using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Client;
using VhdPS.Engine.Nbd.Server;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Nbd;

/// <summary>Encrypted connections: who is trusted, and that nothing goes in the clear.</summary>
public sealed class EncryptionTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly byte[] _disk = DiskModel.Make("scattered", 5_000_000);
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OurClientReadsFromOurServer(bool isTcp)
    {
        using X509Certificate2 certificate = _authority.Issue(isTcp ? "127.0.0.1" : "localhost");
        using ServedDisk served = Serve(certificate, isTcp);
        Assert.True(served.Uri.IsEncrypted);
        using NbdSource source = NbdSource.Open(
            NbdUri.Parse(served.Uri.ToString()), new NbdClientOptions { TrustedAuthorities = _authority.Trust });
        byte[] read = new byte[_disk.Length / 512 * 512];
        Parallel.For(0, 3, new ParallelOptions { MaxDegreeOfParallelism = 3 }, _ => source.ReadAt(0, read));
        Assert.Equal(_disk[..read.Length], read);
    }

    [Fact]
    public void AServerThatIsNotTrustedIsRefusedUnlessAnyWillDo()
    {
        using var other = new TestAuthority("Other authority");
        using X509Certificate2 certificate = _authority.Issue("localhost"), old = _authority.Issue("localhost", daysValid: -2);
        using ServedDisk served = Serve(certificate), expired = Serve(old);
        NbdClientOptions trusting = new() { TrustedAuthorities = _authority.Trust };
        Refuses(served.Uri, NbdClientOptions.Default, NbdFault.CertificateNotTrusted, "authority");
        Refuses(served.Uri, new NbdClientOptions { TrustedAuthorities = other.Trust }, NbdFault.CertificateNotTrusted, "authority");
        Refuses(expired.Uri, trusting, NbdFault.CertificateNotTrusted, "valid");
        Refuses(NbdUri.Parse(served.Uri + "&tls-hostname=server.example"), trusting, NbdFault.CertificateNotTrusted, "server.example");
        using NbdSource source = NbdSource.Open(served.Uri, new NbdClientOptions { SkipCertificateCheck = true });
        Assert.Equal(_disk.Length, source.SizeBytes);
    }

    [Fact]
    public void TheNameOfTheCertificateMayBeGivenInTheAddress()
    {
        using X509Certificate2 certificate = _authority.Issue("server.example");
        using ServedDisk served = Serve(certificate);
        NbdClientOptions trusting = new() { TrustedAuthorities = _authority.Trust };
        Refuses(served.Uri, trusting, NbdFault.CertificateNotTrusted, "localhost");
        using NbdSource source = NbdSource.Open(NbdUri.Parse(served.Uri + "&tls-hostname=server.example"), trusting);
        Assert.Equal(_disk.Length, source.SizeBytes);
    }

    [Fact]
    public void AServerThatAsksForACertificateOfTheClientTakesNoOther()
    {
        using var other = new TestAuthority("Other authority");
        using X509Certificate2 certificate = _authority.Issue("localhost"), good = _authority.Issue("client"), bad = other.Issue("client");
        using ServedDisk served = Serve(certificate, clientAuthorities: _authority.Trust);
        NbdClientOptions trusting = new() { TrustedAuthorities = _authority.Trust };
        foreach (X509Certificate2? client in new[] { null, bad })
        {
            // With TLS 1.3 the client learns of it by the end of the connection alone.
            NbdException error = Assert.Throws<NbdException>(
                () => NbdSource.Open(served.Uri, trusting with { ClientCertificate = client }));
            Assert.Contains(error.Fault, new[] { NbdFault.EncryptionFailed, NbdFault.ConnectionLost });
        }

        using NbdSource source = NbdSource.Open(served.Uri, trusting with { ClientCertificate = good });
        Assert.Equal(_disk.Length, source.SizeBytes);
    }

    [Fact]
    public void NothingIsServedInTheClearWhereEncryptionIsAskedFor()
    {
        using X509Certificate2 certificate = _authority.Issue("localhost");
        using ServedDisk served = Serve(certificate);
        Refuses(NbdUri.ForUnix(served.Uri.SocketPath, "disk"), NbdClientOptions.Default, NbdFault.EncryptionRequired, "nbds");
        using (RawClient client = served.Connect())
        {
            client.Greet();
            foreach (OptionCode code in new[] { OptionCode.List, OptionCode.Info, OptionCode.Go, OptionCode.StructuredReply,
                OptionCode.SetMetaContext, (OptionCode)99 })
            {
                OptionReply reply = client.Ask(code, []).Single();
                Assert.Equal(OptionReplyType.TlsRequired, reply.Type);
            }

            Assert.Equal(OptionReplyType.Ack, client.Ask(OptionCode.Abort, []).Single().Type);
        }

        using (RawClient client = served.Connect())
        {
            client.Greet();
            OptionHeader.Write(client.Wire, OptionCode.ExportName, "disk"u8);
            client.Wire.Flush();
            Assert.True(client.WaitForEnd());
        }

        // What is sent with STARTTLS in one piece must not be heard as if it had come encrypted.
        using (RawClient client = served.Connect())
        {
            client.Greet();
            OptionHeader.Write(client.Wire, OptionCode.StartTls, []);
            OptionHeader.Write(client.Wire, OptionCode.List, []);
            client.Wire.Flush();
            Assert.True(client.WaitForEnd());
        }

        using (RawClient client = served.Connect())
        {
            client.Greet();
            Assert.Equal(OptionReplyType.Ack, client.Ask(OptionCode.StartTls, []).Single().Type);
            client.Send("this is no greeting of TLS, and long enough to be seen as such"u8);
            Assert.True(client.WaitForEnd());
        }

        served.AssertNoClients();
    }

    [Fact]
    public void AServerThatDoesNotEncryptIsRefused()
    {
        using var served = new ServedDisk(new MemoryDisk(_disk));
        Refuses(NbdUri.ForUnix(
            served.Uri.SocketPath, "disk", isEncrypted: true), NbdClientOptions.Default, NbdFault.EncryptionFailed, "does not encrypt");
    }

    [Fact]
    public void ACertificateWithoutItsKeyIsRefused()
    {
        using X509Certificate2 certificate = _authority.Issue("localhost");
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(certificate.Export(X509ContentType.Cert));
        Assert.Throws<ArgumentException>(() => Serve(bare));
    }

    [PeerTheory("nbdinfo", "nbdcopy")]
    [InlineData(false)]
    [InlineData(true)]
    public void OthersReadFromOurServer(bool asksForClients)
    {
        using X509Certificate2 certificate = _authority.Issue("localhost"), client = _authority.Issue("client");
        _authority.Write(_folder, "client", client);
        using ServedDisk served = Serve(certificate, isTcp: true, asksForClients ? _authority.Trust : null);

        // libnbd looks at a server's certificate where there is a host's name alone.
        string uri = $"nbds://localhost:{served.Uri.Port}/disk?tls-certificates={_folder.Root}";
        Assert.Contains("\"TLS\": true", PeerProcess.Run("nbdinfo", "--json", uri), StringComparison.Ordinal);
        PeerProcess.Run("nbdcopy", uri, _folder["copy.raw"]);
        Assert.Equal(_disk, File.ReadAllBytes(_folder["copy.raw"]));
        using var other = new TestAuthority("Other authority");
        using X509Certificate2 bad = other.Issue("client");
        other.Write(_folder, "client", bad);
        Assert.NotEqual(0, PeerProcess.TryRun("nbdinfo", uri).ExitCode);
        served.AssertNoClients();
    }

    [PeerTheory("nbdkit")]
    [InlineData(false)]
    [InlineData(true)]
    public void OurClientReadsFromOthers(bool asksForClients)
    {
        using X509Certificate2 certificate = _authority.Issue("localhost"), client = _authority.Issue("client");
        _authority.Write(_folder, "server", certificate);
        string raw = _folder.Write("disk.raw", _disk);
        string[] verify = asksForClients ? ["--tls-verify-peer"] : [];
        using var server = new BackgroundPeer(
            "nbdkit", path => ["-f", "-U", path, "--tls=require", $"--tls-certificates={_folder.Root}", .. verify, "file", raw]);
        NbdUri uri = NbdUri.ForUnix(server.SocketPath, string.Empty, isEncrypted: true);
        NbdClientOptions trusting = new() { TrustedAuthorities = _authority.Trust };
        using (NbdSource source = NbdSource.Open(uri, trusting with { ClientCertificate = client }))
        {
            byte[] read = new byte[_disk.Length / 512 * 512];
            source.ReadAt(0, read);
            Assert.Equal(_disk[..read.Length], read);
        }

        Refuses(uri, NbdClientOptions.Default, NbdFault.CertificateNotTrusted, "authority");
        Refuses(NbdUri.ForUnix(server.SocketPath, string.Empty), trusting, NbdFault.EncryptionRequired, "nbds");
        if (asksForClients)
        {
            Assert.Throws<NbdException>(() => NbdSource.Open(uri, trusting));
        }
    }

    private static void Refuses(NbdUri uri, NbdClientOptions options, NbdFault fault, string named)
    {
        NbdException error = Assert.Throws<NbdException>(() => NbdSource.Open(uri, options));
        Assert.Equal(fault, error.Fault);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private ServedDisk Serve(X509Certificate2 certificate, bool isTcp = false, X509Certificate2Collection? clientAuthorities = null) => new(
        new MemoryDisk((byte[])_disk.Clone()),
        new NbdServerOptions
        {
            Certificate = certificate,
            ClientAuthorities = clientAuthorities,
            Address = isTcp ? IPAddress.Loopback : null,
            Port = 0
        });
}
