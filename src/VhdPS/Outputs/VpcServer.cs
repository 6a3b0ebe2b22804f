using VhdPS.Engine.Nbd.Server;

namespace VhdPS;

/// <summary>A server of this process. What is counted is what it is when it is asked for.</summary>
public sealed class VpcServer
{
    internal VpcServer(int id, NbdServer server)
    {
        Id = id;
        Server = server;
        Exports = new([.. server.Exports.Select(export => new VpcExport(export, server.UriOf(export).ToString()))]);
        Uri = Exports.Count == 1 ? Exports[0].Uri : server.Uri.ToString();
    }

    /// <summary>The number that names it in this process.</summary>
    public int Id { get; }

    /// <summary>The address of the export; where there are several, that of the server, without a name.</summary>
    public string Uri { get; }

    /// <summary>What it offers.</summary>
    public VpcList<VpcExport> Exports { get; }

    /// <summary>Whether it has not been stopped.</summary>
    public bool IsRunning => !Server.IsStopped;

    /// <summary>Whether clients have to encrypt.</summary>
    public bool IsEncrypted => Server.Uri.IsEncrypted;

    /// <summary>Connections that there are now; one client may have several.</summary>
    public int Clients => Server.ClientCount;

    /// <summary>Bytes that clients have read.</summary>
    public long BytesRead => Exports.Sum(export => export.BytesRead);

    /// <summary>Bytes that clients have written, zeros among them.</summary>
    public long BytesWritten => Exports.Sum(export => export.BytesWritten);

    internal NbdServer Server { get; }

    /// <inheritdoc/>
    public override string ToString() => Uri;
}
