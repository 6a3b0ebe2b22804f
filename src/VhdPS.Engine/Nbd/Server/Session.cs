using System.Net.Sockets;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>One client from its connection to its end. Whatever it sends, nothing of it reaches another.</summary>
internal sealed class Session : IDisposable
{
    private readonly Socket _socket;
    private readonly NbdServerOptions _options;
    private readonly ServedExports _exports;
    private readonly TlsServer? _tls;
    private readonly string _uri;
    private readonly Func<bool> _isStopping;
    private readonly Watchdog _watchdog;
    private readonly Thread _thread;
    private volatile Transmission? _transmission;

    public Session(
        Socket socket, string uri, NbdServerOptions options, ServedExports exports, TlsServer? tls, Func<bool> isStopping,
            Action<Session> ended)
    {
        _socket = socket;
        _uri = uri;
        _options = options;
        _exports = exports;
        _tls = tls;
        _isStopping = isStopping;
        TimeSpan shortest = options.HandshakeLimit < options.TransferLimit ? options.HandshakeLimit : options.TransferLimit;
        _watchdog = new Watchdog(shortest, End);
        _thread = new Thread(() => Run(ended)) { IsBackground = true, Name = "NBD session" };
    }

    public void Start() => _thread.Start();

    /// <summary>Ends the connection where the client waits for nothing: in the handshake, or between two requests.</summary>
    public void EndIfIdle()
    {
        if (_transmission?.IsWaiting != false)
        {
            End();
        }
    }

    /// <summary>Ends the connection, whatever is under way.</summary>
    public void End()
    {
        try
        {
            // What is blocked in the connection fails; closing it is left to the thread that uses it.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The other side was faster.
        }

        if (OperatingSystem.IsWindows())
        {
            // QUIRK(windows): a read that is blocked does not notice that its socket was shut down.
            _socket.Dispose();
        }
    }

    /// <summary>Waits until the thread has ended; false where it has not in time.</summary>
    public bool Join(TimeSpan limit) => _thread.Join(limit);

    /// <inheritdoc/>
    public void Dispose()
    {
        _watchdog.Dispose();
        _socket.Dispose();
    }

    private void Run(Action<Session> ended)
    {
        try
        {
            Serve();
        }
        catch (Exception)
        {
            // The client has left, departs from the protocol, or has found a fault of ours: its session ends and nothing else.
        }
        finally
        {
            Dispose();
            ended(this);
        }
    }

    private void Serve()
    {
        using var stream = new NetworkStream(_socket, ownsSocket: false);
        _watchdog.Allow(_options.HandshakeLimit);
        NegotiatedExport? agreed = new Negotiation(
            _exports, _tls, stream, connection => new Wire(connection, _uri, Transmission.OutputSize, _watchdog)).Run();
        if (agreed is not { } use)
        {
            return;
        }

        _watchdog.Pause();
        use.Wire.ReceiveLimit = use.Wire.SendLimit = _options.TransferLimit;
        use.Export.AddClient(1);
        try
        {
            _transmission = new Transmission(use, _isStopping);
            _transmission.Run();
        }
        finally
        {
            use.Export.AddClient(-1);
            use.Wire.Dispose();
        }
    }
}
