using VhdPS.Engine.Nbd.Server;

namespace VhdPS;

/// <summary>An image that a server offers. What is counted is what it is when it is asked for.</summary>
public sealed class VpcExport : VpcObject
{
    private readonly NbdExport _export;

    internal VpcExport(NbdExport export, string uri)
        : base(export.Path)
    {
        _export = export;
        Uri = uri;
    }

    /// <summary>The name that clients ask for.</summary>
    public override string Name => _export.Name;

    /// <summary>The export's own address.</summary>
    public string Uri { get; }

    /// <summary>Bytes of the disk.</summary>
    public long Size => _export.SizeBytes;

    /// <summary>Whether clients cannot write.</summary>
    public bool IsReadOnly => _export.IsReadOnly;

    /// <summary>Connections that use it now; one client may have several.</summary>
    public int Clients => _export.ClientCount;

    /// <summary>Bytes that clients have read.</summary>
    public long BytesRead => _export.BytesRead;

    /// <summary>Bytes that clients have written, zeros among them.</summary>
    public long BytesWritten => _export.BytesWritten;

    /// <inheritdoc/>
    public override string ToString() => Uri;
}
