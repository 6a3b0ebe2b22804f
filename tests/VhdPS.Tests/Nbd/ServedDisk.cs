using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS.Tests.Nbd;

/// <summary>A server of disks for one test, at a socket in a folder of its own.</summary>
internal sealed class ServedDisk : IDisposable
{
    public const string Name = "disk";

    public ServedDisk(ExportedDisk disk, NbdServerOptions? options = null)
        : this([new NbdExport(Name, disk)], options)
    {
    }

    public ServedDisk(IReadOnlyList<NbdExport> exports, NbdServerOptions? options = null)
    {
        Server = NbdServer.Start(exports, options);
        Uri = Server.UriOf(exports[0]);
    }

    public NbdServer Server { get; }

    /// <summary>The address of the first export.</summary>
    public NbdUri Uri { get; }

    public NbdExport Export => Server.Exports[0];

    public RawClient Use(bool isStructured = true, bool hasAllocation = true) =>
        RawClient.Use(Uri, Export.Name, isStructured, hasAllocation);

    public RawClient Connect() => new(Uri);

    /// <summary>Fails where a session is still there although its client is gone.</summary>
    public void AssertNoClients() =>
        Assert.True(SpinWait.SpinUntil(() => Server.ClientCount == 0, TimeSpan.FromSeconds(60)), "a session did not end");

    public void Dispose() => Server.Dispose();
}
