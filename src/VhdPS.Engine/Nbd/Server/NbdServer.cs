using System.Runtime.InteropServices;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>
/// Serves disks over NBD: fixed newstyle with structured replies and base:allocation. A thread for each client; no client
/// can end the server or another's session. Stopping, disposing and the end of the process flush first.
/// </summary>
public sealed class NbdServer : IDisposable
{
    private readonly NbdServerOptions _options;
    private readonly ServedExports _exports;
    private readonly Listener _listener;
    private readonly TlsServer? _tls;
    private readonly List<Session> _sessions = [];
    private readonly object _gate = new();
    private readonly object _stopGate = new();
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stopped = new();
    private readonly EventHandler _onProcessExit;
    private readonly PosixSignalRegistration[] _signals;
    private volatile bool _isStopping;
    private bool _isStopped;

    private NbdServer(ServedExports exports, NbdServerOptions options, Listener listener)
    {
        _exports = exports;
        _options = options;
        _listener = listener;
        _tls = options.Certificate is { } certificate ? new TlsServer(certificate, options.ClientAuthorities) : null;
        _thread = new Thread(Listen) { IsBackground = true, Name = "NBD listener" };
        _onProcessExit = (_, _) => StopQuietly();

        // From .NET 10 on a process that is told to end by a signal raises no event.
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => StopQuietly()),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => StopQuietly()),
        ];
    }

    /// <summary>What is served.</summary>
    public IReadOnlyList<NbdExport> Exports => _exports.All;

    /// <summary>The address, without the name of an export.</summary>
    public NbdUri Uri => _listener.Uri;

    /// <summary>Clients that are connected now.</summary>
    public int ClientCount
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Whether the server was stopped.</summary>
    public bool IsStopped => _isStopping;

    /// <summary>Begins to serve. The disks of the exports are the server's from then on, also when it is refused.</summary>
    /// <exception cref="ArgumentException">
    /// There is no export, two have one name, or the address can be reached from elsewhere and nothing encrypts.
    /// </exception>
    /// <exception cref="VhdOperationException">Something is at the path of the socket.</exception>
    /// <exception cref="NbdException">The system does not give the address.</exception>
    public static NbdServer Start(IReadOnlyList<NbdExport> exports, NbdServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(exports);
        options ??= new NbdServerOptions();
        Listener? listener = null;
        try
        {
            var served = new ServedExports(exports);
            listener = Listener.Open(options);
            var server = new NbdServer(served, options, listener);
            AppDomain.CurrentDomain.ProcessExit += server._onProcessExit;
            server._thread.Start();
            return server;
        }
        catch
        {
            listener?.Dispose();
            foreach (NbdExport export in exports)
            {
                export.Disk.Dispose();
            }

            throw;
        }
    }

    /// <summary>The address of an export.</summary>
    public NbdUri UriOf(NbdExport export)
    {
        ArgumentNullException.ThrowIfNull(export);
        return Uri.WithExportName(export.Name);
    }

    /// <summary>
    /// Takes no more clients, lets what is under way end, ends the sessions, flushes and closes the disks. A second call waits
    /// for the first.
    /// </summary>
    /// <exception cref="AggregateException">Disks could not be flushed; they are closed all the same.</exception>
    public void Stop()
    {
        lock (_stopGate)
        {
            if (_isStopped)
            {
                return;
            }

            _isStopping = true;
            _isStopped = true;
            AppDomain.CurrentDomain.ProcessExit -= _onProcessExit;
            foreach (PosixSignalRegistration signal in _signals)
            {
                signal.Dispose();
            }

            _listener.Dispose();
            _thread.Join();
            EndSessions();
            try
            {
                CloseDisks();
            }
            finally
            {
                _stopped.Set();
            }
        }
    }

    /// <summary>Returns when the server is stopped, or when <paramref name="cancellation"/> is asked for, which stops nothing.</summary>
    public void WaitUntilStopped(CancellationToken cancellation) =>
        WaitHandle.WaitAny([_stopped.WaitHandle, cancellation.WaitHandle]);

    /// <summary>Stops.</summary>
    /// <exception cref="AggregateException">Disks could not be flushed; they are closed all the same.</exception>
    public void Dispose() => Stop();

    private void Listen()
    {
        while (_listener.Accept() is { } socket)
        {
            Session? session = null;
            lock (_gate)
            {
                if (!_isStopping && _sessions.Count < _options.MaxClientCount)
                {
                    session = new Session(socket, Uri.ToString(), _options, _exports, _tls, () => _isStopping, Remove);
                    _sessions.Add(session);
                }
            }

            if (session is null)
            {
                socket.Dispose();
                continue;
            }

            try
            {
                session.Start();
            }
            catch (OutOfMemoryException)
            {
                // So the system refuses another thread: this client has to do without.
                Remove(session);
                session.Dispose();
            }
        }
    }

    private void Remove(Session session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
        }
    }

    private void EndSessions()
    {
        Session[] sessions;
        lock (_gate)
        {
            sessions = [.. _sessions];
        }

        long limit = Environment.TickCount64 + (long)_options.StopLimit.TotalMilliseconds;
        foreach (Session session in sessions)
        {
            // A session may begin to wait right after it was looked at.
            while (Environment.TickCount64 < limit && !session.Join(TimeSpan.FromMilliseconds(10)))
            {
                session.EndIfIdle();
            }

            session.End();
            session.Join(Timeout.InfiniteTimeSpan);
        }
    }

    private void CloseDisks()
    {
        var failures = new List<Exception>();
        foreach (NbdExport export in _exports.All)
        {
            try
            {
                export.Disk.Dispose();
            }
            catch (Exception error) when (error is IOException or VhdOperationException)
            {
                failures.Add(error);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException("Not everything that was written is on the medium.", failures);
        }
    }

    private void StopQuietly()
    {
        try
        {
            Stop();
        }
        catch (AggregateException)
        {
            // Nobody is left who could be told.
        }
    }
}
