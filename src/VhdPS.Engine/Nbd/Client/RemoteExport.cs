namespace VhdPS.Engine.Nbd.Client;

/// <summary>What a server has said of an export.</summary>
internal sealed record RemoteExport
{
    private const int DefaultBlockSize = 512;

    /// <summary>Bytes.</summary>
    public long SizeBytes { get; init; } = -1;

    /// <summary>What can be done with it.</summary>
    public TransmissionFlags Flags { get; init; }

    /// <summary>Offsets and lengths of requests are multiples of this; what a server leaves out is taken as 512.</summary>
    public int MinBlockSize { get; init; } = DefaultBlockSize;

    /// <summary>The most bytes of one request.</summary>
    public int MaxPayload { get; init; } = NbdSpec.MaxPayload;

    /// <summary>Whether replies come in chunks.</summary>
    public bool HasStructuredReplies { get; init; }

    /// <summary>The server's number for base:allocation; null where it has none.</summary>
    public uint? AllocationContextId { get; init; }
}
