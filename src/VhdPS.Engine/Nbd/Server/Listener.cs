using System.Net;
using System.Net.Sockets;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>The place where clients come in: a Unix socket or a TCP port.</summary>
internal sealed class Listener : IDisposable
{
    private const int Backlog = 64;
    private const int UnixBufferSize = 1024 * 1024;
    private const int KeepAliveSeconds = 60;
    private const int KeepAliveProbeSeconds = 15;
    private const int KeepAliveProbeCount = 4;

    private readonly Socket _socket;
    private readonly SocketFile? _file;

    private Listener(Socket socket, SocketFile? file, NbdUri uri)
    {
        _socket = socket;
        _file = file;
        Uri = uri;
    }

    /// <summary>The address, without the name of an export.</summary>
    public NbdUri Uri { get; }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="ArgumentException">The address can be reached from elsewhere, and nothing encrypts.</exception>
    /// <exception cref="VhdOperationException">Something is at the path of the socket.</exception>
    /// <exception cref="NbdException">The system does not give the address.</exception>
    public static Listener Open(NbdServerOptions options)
    {
        bool isEncrypted = options.Certificate is not null;
        IPAddress? address = options.Address ?? (options.SocketPath is null && OperatingSystem.IsWindows() ? IPAddress.Loopback : null);
        if (address is null)
        {
            return OpenUnix(options.SocketPath, isEncrypted);
        }

        if (options.SocketPath is not null)
        {
            throw new ArgumentException("A server listens at a socket or at an address, not at both.", nameof(options));
        }

        if (!IPAddress.IsLoopback(address) && !isEncrypted && !options.AllowUnencrypted)
        {
            throw new ArgumentException(
                $"{address} can be reached from other machines: a certificate is needed, or leave to do without.", nameof(options));
        }

        return OpenTcp(new IPEndPoint(address, options.Address is null ? 0 : options.Port), isEncrypted);
    }

    /// <summary>Waits for the next client; null when the listener was closed.</summary>
    public Socket? Accept()
    {
        while (true)
        {
            try
            {
                Socket client = _socket.Accept();
                if (_file is null)
                {
                    PrepareTcp(client);
                }
                else
                {
                    // Room for several replies: the next is read from the disk while the client takes the last.
                    client.SendBufferSize = UnixBufferSize;
                }

                return client;
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // Gone again before it was taken.
            }
            catch (SocketException error) when (
                error.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                Thread.Sleep(100);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _file?.Dispose();
    }

    private static Listener OpenUnix(string? path, bool isEncrypted)
    {
        SocketFile file = path is null ? SocketFile.InPrivateFolder() : SocketFile.At(path);
        var uri = NbdUri.ForUnix(file.Path, string.Empty, isEncrypted);
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(file.Path));
            file.Protect();
            socket.Listen(Backlog);
            return new Listener(socket, file, uri);
        }
        catch (Exception error) when (error is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            file.Dispose();
            string why = error is ArgumentException ? "the path is too long for a socket" : error.Message;
            throw new NbdException(uri.ToString(), NbdFault.AddressUnavailable, $"the socket cannot be listened at: {why}.", error);
        }
    }

    private static Listener OpenTcp(IPEndPoint endPoint, bool isEncrypted)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            var bound = (IPEndPoint)socket.LocalEndPoint!;
            return new Listener(socket, null, NbdUri.ForTcp(bound.Address.ToString(), bound.Port, string.Empty, isEncrypted));
        }
        catch (SocketException error)
        {
            socket.Dispose();
            string uri = NbdUri.ForTcp(endPoint.Address.ToString(), endPoint.Port, string.Empty, isEncrypted).ToString();
            throw new NbdException(uri, NbdFault.AddressUnavailable, $"the address cannot be listened at: {error.Message}.", error);
        }
    }

    /// <summary>Small replies are sent at once, and a client that is gone without a word is noticed although it is asked for
    /// nothing.</summary>
    private static void PrepareTcp(Socket client)
    {
        client.NoDelay = true;
        client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveProbeSeconds);
        client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbeCount);
    }
}
