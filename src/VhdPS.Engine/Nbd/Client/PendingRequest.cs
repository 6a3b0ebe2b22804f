namespace VhdPS.Engine.Nbd.Client;

/// <summary>A request that a server has not answered yet.</summary>
internal abstract class PendingRequest(Request request)
{
    /// <summary>What is asked; the connection gives the cookie.</summary>
    public Request Request { get; set; } = request;

    /// <summary>When, in milliseconds of the system's clock, the whole reply must have come.</summary>
    public long Limit { get; set; }

    /// <summary>Whether the reply is whole, or the connection has failed.</summary>
    public bool IsDone { get; set; }

    /// <summary>Why there is no reply; null where there is one.</summary>
    public NbdException? Failure { get; set; }

    /// <summary>What the server says is wrong.</summary>
    public NbdError Error { get; set; }

    /// <summary>What more the server says of it; empty where nothing.</summary>
    public string ErrorText { get; set; } = string.Empty;

    /// <summary>Takes what belongs to a simple reply without error.</summary>
    /// <exception cref="NbdException">A simple reply is not allowed here, or the connection is lost.</exception>
    public abstract void TakeSimple(Wire wire);

    /// <summary>Takes the payload of a chunk that is no error.</summary>
    /// <exception cref="NbdException">The chunk does not fit the request, or the connection is lost.</exception>
    public abstract void TakeChunk(Wire wire, ReplyHeader header);

    /// <summary>Judges a reply without error that is over.</summary>
    /// <exception cref="NbdException">Something is missing.</exception>
    public abstract void Finish(Wire wire);
}
