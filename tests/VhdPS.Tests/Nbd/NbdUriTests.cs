using VhdPS.Engine.Nbd;

namespace VhdPS.Tests.Nbd;

/// <summary>Addresses of exports, taken apart and put together.</summary>
public sealed class NbdUriTests
{
    [Theory]
    [InlineData("nbd://example.com:10810/disk", "example.com", 10810, "disk", false)]
    [InlineData("nbd://example.com/disk", "example.com", 10809, "disk", false)]
    [InlineData("nbd://example.com", "example.com", 10809, "", false)]
    [InlineData("nbd://example.com/", "example.com", 10809, "", false)]
    [InlineData("nbd://example.com//disk", "example.com", 10809, "/disk", false)]
    [InlineData("nbd://example.com/a/../b/./c", "example.com", 10809, "a/../b/./c", false)]
    [InlineData("nbd://example.com/hello%20world%2f%3F", "example.com", 10809, "hello world/?", false)]
    [InlineData("nbd://example.com/%C3%A9%e6%bc%a2.vhd", "example.com", 10809, "é漢.vhd", false)]
    [InlineData("nbd://example.com/é漢+1.vhd", "example.com", 10809, "é漢+1.vhd", false)]
    [InlineData("NBDS://127.0.0.1:1/x", "127.0.0.1", 1, "x", true)]
    [InlineData("nbds://[::1]:65535/x", "::1", 65535, "x", true)]
    [InlineData("nbd://[fe80::1%25eth0]", "fe80::1%eth0", 10809, "", false)]
    public void Tcp(string text, string host, int port, string name, bool isEncrypted)
    {
        NbdUri uri = NbdUri.Parse(text);
        Assert.Equal(
            (NbdTransport.Tcp, host, port, name, isEncrypted), (uri.Transport, uri.Host, uri.Port, uri.ExportName, uri.IsEncrypted));
        Assert.Equal(uri, NbdUri.Parse(uri.ToString()));
    }

    [Theory]
    [InlineData("nbd+unix:///disk?socket=/run/nbd.sock", "/run/nbd.sock", "disk", false)]
    [InlineData("nbd+unix:///?socket=nbd.sock", "nbd.sock", "", false)]
    [InlineData("nbd+unix://?socket=/a%20b/c%3fd", "/a b/c?d", "", false)]
    [InlineData("nbd+unix:///?socket=/tmp/a=b", "/tmp/a=b", "", false)]
    [InlineData("nbds+unix:////disk?socket=/x", "/x", "/disk", true)]
    public void Unix(string text, string path, string name, bool isEncrypted)
    {
        NbdUri uri = NbdUri.Parse(text);
        Assert.Equal((NbdTransport.Unix, path, name, isEncrypted), (uri.Transport, uri.SocketPath, uri.ExportName, uri.IsEncrypted));
        Assert.Equal(uri, NbdUri.Parse(uri.ToString()));
    }

    [Fact]
    public void TheNameOfTheCertificateMayBeGiven()
    {
        NbdUri uri = NbdUri.Parse("nbds+unix:///d?tls-hostname=server.example&socket=/x");
        Assert.Equal(("server.example", "/x"), (uri.TlsHostName, uri.SocketPath));
        Assert.Equal(uri, NbdUri.Parse(uri.ToString()));
    }

    [Theory]
    [InlineData("a/b c?d#e%f&g=h", "/tmp/é [1] #2?&=%.sock")]
    [InlineData("", "relative")]
    [InlineData("/..//", "/")]
    public void WhatIsPutTogetherComesApartTheSame(string name, string socketPath)
    {
        NbdUri unix = NbdUri.ForUnix(socketPath, name, isEncrypted: true), tcp = NbdUri.ForTcp("::1", 7, name);
        Assert.Equal(unix, NbdUri.Parse(unix.ToString()));
        Assert.Equal(tcp, NbdUri.Parse(tcp.ToString()));
    }

    [Theory]
    [InlineData("http://example.com/x")]
    [InlineData("nbd")]
    [InlineData("nbd:")]
    [InlineData("nbd:unix:/tmp/x")]
    [InlineData("nbd:example.com")]
    [InlineData("nbd://")]
    [InlineData("nbd:///name")]
    [InlineData("nbd://:10809/x")]
    [InlineData("nbd://host:0/x")]
    [InlineData("nbd://host:65536/x")]
    [InlineData("nbd://host:-1/x")]
    [InlineData("nbd://host:1a/x")]
    [InlineData("nbd://[::1/x")]
    [InlineData("nbd://[::1]1/x")]
    [InlineData("nbd://[nothing]/x")]
    [InlineData("nbd://user@host/x")]
    [InlineData("nbd://host/x#y")]
    [InlineData("nbd://host/%")]
    [InlineData("nbd://host/%2")]
    [InlineData("nbd://host/%zz")]
    [InlineData("nbd://host/%+1")]
    [InlineData("nbd://host/a%00b")]
    [InlineData("nbd://host/%ff")]
    [InlineData("nbd://host/x?socket=/y")]
    [InlineData("nbd://host/x?tls-hostname=y")]
    [InlineData("nbds://host/x?tls-hostname=")]
    [InlineData("nbds://host/x?tls-verify-peer=0")]
    [InlineData("nbd+unix:///x")]
    [InlineData("nbd+unix:///x?socket=")]
    [InlineData("nbd+unix:///x?socket=a&socket=b")]
    [InlineData("nbd+unix://host/x?socket=/y")]
    [InlineData("nbd+vsock:///x?socket=/y")]
    public void WhatIsNoAddressIsRefusedByName(string text)
    {
        NbdException error = Assert.Throws<NbdException>(() => NbdUri.Parse(text));
        Assert.Equal((NbdFault.InvalidUri, text), (error.Fault, error.Uri));
        Assert.StartsWith(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ANameIsNoLongerThanTheProtocolAllows()
    {
        Assert.Equal(4096, NbdUri.Parse("nbd://h/" + new string('x', 4096)).ExportName.Length);
        Assert.Throws<NbdException>(() => NbdUri.Parse("nbd://h/" + new string('é', 2049)));
    }

    [Theory]
    [InlineData("nbd:", true)]
    [InlineData("nbd:\\x", true)]
    [InlineData("NBD+Unix:///", true)]
    [InlineData("nbds://h", true)]
    [InlineData("nbds+unix:x", true)]
    [InlineData("nbd", false)]
    [InlineData("nbd.vhd", false)]
    [InlineData("nbdx:y", false)]
    [InlineData("./nbd:x", false)]
    [InlineData("C:\\nbd:", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void AValueThatIsMeantAsAnAddressIsKnownByItsScheme(string? value, bool isNbd) => Assert.Equal(isNbd, NbdUri.IsNbd(value));
}
