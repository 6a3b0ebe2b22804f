namespace VhdPS.Engine.Nbd.Client;

/// <summary>The connections to one export: as many as are used at once, up to what the server and the options allow.</summary>
internal sealed class ConnectionPool : IDisposable
{
    // QUIRK(qemu-nbd): a server that serves one client after the other lets the next one wait without a word.
    private static readonly TimeSpan FurtherConnectLimit = TimeSpan.FromSeconds(5);

    private readonly NbdUri _uri;
    private readonly NbdClientOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _stopping;
    private readonly object _gate = new();
    private readonly List<Connection> _connections = [];
    private int _maxCount;
    private int _openingCount;
    private bool _isDisposed;

    /// <summary>Makes the first connection.</summary>
    /// <exception cref="NbdException">There is no server, or it is none, refuses, or is not trusted.</exception>
    public ConnectionPool(NbdUri uri, NbdClientOptions options, CancellationToken cancellation)
    {
        _uri = uri;
        _options = options;
        _cancellation = cancellation;
        Connection first = Connection.Open(uri, options, cancellation);
        _connections.Add(first);
        Export = first.Export;
        _maxCount = Export.Flags.HasFlag(TransmissionFlags.CanMultiConnect) ? Math.Max(1, options.MaxConnectionCount) : 1;
        _stopping = cancellation.Register(Abort);
    }

    /// <summary>What the server has said of the export.</summary>
    public RemoteExport Export { get; }

    /// <summary>A connection for the next request: one that has nothing to do, a new one, or the one with the least to do.</summary>
    /// <exception cref="NbdException">None is left and the server takes no new one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Connection Take()
    {
        _cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            DropFailed();
            Connection? idlest = _connections.MinBy(connection => connection.PendingCount);
            bool isEnough = _connections.Count + _openingCount >= _maxCount || idlest?.PendingCount == 0;
            if (idlest is not null && isEnough)
            {
                return idlest;
            }

            if (idlest is null)
            {
                // Everyone needs this one, and so everyone waits for it.
                Connection opened = OpenSame(_options.ConnectLimit);
                _connections.Add(opened);
                return opened;
            }

            _openingCount++;
        }

        return TakeAnother();
    }

    /// <summary>Makes everything that is under way fail.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            foreach (Connection connection in _connections)
            {
                connection.Abort();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Dispose();
        lock (_gate)
        {
            _isDisposed = true;
            foreach (Connection connection in _connections)
            {
                connection.Dispose();
            }

            _connections.Clear();
        }
    }

    private Connection TakeAnother()
    {
        Connection? opened = null;
        try
        {
            opened = OpenSame(_options.ConnectLimit < FurtherConnectLimit ? _options.ConnectLimit : FurtherConnectLimit);
        }
        catch (NbdException error) when (error.Fault != NbdFault.ExportChanged)
        {
            // One connection more would have been welcome; those that are there do.
        }
        finally
        {
            lock (_gate)
            {
                _openingCount--;
                if (opened is null)
                {
                    _maxCount = Math.Max(1, _connections.Count);
                }
                else
                {
                    _connections.Add(opened);
                }
            }
        }

        return opened ?? TakeAny();
    }

    private Connection TakeAny()
    {
        lock (_gate)
        {
            DropFailed();
            if (_connections.MinBy(connection => connection.PendingCount) is { } idlest)
            {
                return idlest;
            }

            Connection opened = OpenSame(_options.ConnectLimit);
            _connections.Add(opened);
            return opened;
        }
    }

    /// <summary>Connects once more, to what must be the same disk.</summary>
    private Connection OpenSame(TimeSpan limit)
    {
        Connection opened = Connection.Open(_uri, _options with { ConnectLimit = limit }, _cancellation);
        RemoteExport export = opened.Export;
        if (export != Export)
        {
            opened.Dispose();
            throw new NbdException(
                _uri.ToString(),
                NbdFault.ExportChanged,
                $"the export is not what it was when it was first connected to: it had {Export.SizeBytes} bytes and has "
                    + $"{export.SizeBytes}.");
        }

        return opened;
    }

    private void DropFailed()
    {
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            if (_connections[i].HasFailed)
            {
                _connections[i].Dispose();
                _connections.RemoveAt(i);
            }
        }
    }
}
