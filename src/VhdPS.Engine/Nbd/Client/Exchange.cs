namespace VhdPS.Engine.Nbd.Client;

/// <summary>A request and its reply; where the connection is lost in between, it is asked once more over another.</summary>
internal sealed class Exchange
{
    private readonly ConnectionPool _connections;
    private readonly Func<PendingRequest> _make;
    private Connection? _connection;
    private PendingRequest? _request;
    private NbdException? _failure;

    private Exchange(ConnectionPool connections, Func<PendingRequest> make)
    {
        _connections = connections;
        _make = make;
    }

    /// <summary>Sends a request.</summary>
    /// <param name="connections">Where it goes.</param>
    /// <param name="make">Makes the request, anew where it is asked again.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Exchange Begin(ConnectionPool connections, Func<PendingRequest> make)
    {
        var exchange = new Exchange(connections, make);
        exchange.Submit();
        return exchange;
    }

    /// <summary>Waits for the reply, which may be an error.</summary>
    /// <exception cref="NbdException">There is none.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public PendingRequest End()
    {
        NbdException? failure = Wait();
        if (failure is { Fault: NbdFault.ConnectionLost or NbdFault.TimedOut })
        {
            Submit();
            failure = Wait();
        }

        return failure is null ? _request! : throw failure;
    }

    private void Submit()
    {
        _failure = null;
        _request = _make();
        try
        {
            _connection = _connections.Take();
            _connection.Submit(_request);
        }
        catch (NbdException error)
        {
            _failure = error;
        }
    }

    private NbdException? Wait()
    {
        if (_failure is null)
        {
            _connection!.Wait(_request!);
        }

        return _failure ?? _request!.Failure;
    }
}
