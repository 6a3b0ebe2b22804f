using System.Management.Automation;
using System.Net;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS.Commands;

/// <summary>
/// Serves the disks in images over NBD, each with its chain of parents, behind one address: to be mounted, copied or converted
/// by what knows NBD and not these formats. Read-only unless told otherwise; parents are never written.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "VpcServer", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcServer))]
public sealed class StartVpcServerCommand : VpcDiskCommandBase
{
    private readonly ServedImages _images = new();
    private NbdServerOptions? _options;

    /// <summary>
    /// Path of the Unix socket to listen at, which only its owner can use. Without this, -Port and -Address it is a new one in a new
    /// folder, and on Windows a free TCP port of this machine alone.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FolderCompleter))]
    public string? Socket { get; set; }

    /// <summary>The TCP port to listen at; 0 for a free one.</summary>
    [Parameter]
    [ValidateRange(0, ushort.MaxValue)]
    public int Port { get; set; } = DefaultPort;

    /// <summary>The address to listen at by TCP. One that other machines can reach needs -Certificate or -AllowUnencrypted.</summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>The export's name, where one image is served; left out, the file's name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Lets clients write. The image is locked for everyone else until the server is stopped.</summary>
    [Parameter]
    public SwitchParameter Writable { get; set; }

    /// <summary>Lets clients write although other images depend on the image, or a machine's state is saved with it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The server's certificate with its private key: clients then have to encrypt.</summary>
    [Parameter]
    [ValidateNotNull]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>Authorities; every client then needs a certificate of one of them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[] ClientCA { get; set; } = [];

    /// <summary>Listens at an address that other machines can reach although nothing is encrypted.</summary>
    [Parameter]
    public SwitchParameter AllowUnencrypted { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Serves until Ctrl+C, or until the server is stopped from elsewhere.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>NBD's own port.</summary>
    internal const int DefaultPort = 10809;

    /// <inheritdoc/>
    protected override void BeginProcessing() =>
        TryRun(Socket ?? Address.ToString(), () => _options = Options());

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (_options is null
            || !TryRun(path, () => Open(path), out (ExportedDisk Disk, SourceFacts Facts) opened))
        {
            return;
        }

        ReportSource(opened.Facts);
        if (ShouldProcess(path, $"Serve over NBD, {(Writable ? "writable" : "read-only")}"))
        {
            TryRun(path, () => _images.Add(Name ?? System.IO.Path.GetFileName(path), opened.Disk));
        }
        else
        {
            opened.Disk.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        base.EndProcessing();
        if (_images.Count == 0 || Cancellation.IsCancellationRequested
            || !TryRun(Name, CheckName) || !TryRun(Socket ?? Address.ToString(), Start, out VpcServer server))
        {
            return;
        }

        ReportStep($"{server.Uri}: serving {string.Join(", ", server.Exports.Select(export => $"'{export.Path}'"))}.");
        if (!Wait)
        {
            WriteObject(server);
            return;
        }

        try
        {
            WriteObject(server);
            server.Server.WaitUntilStopped(Cancellation);
        }
        finally
        {
            // Also when what takes the output ends the pipeline.
            Stop(server);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _images.Dispose();
        }

        base.Dispose(disposing);
    }

    private (ExportedDisk Disk, SourceFacts Facts) Open(string path)
    {
        ExportedDisk disk = ServedImages.Open(path, OpenOptions(), Force ? null : Children, out SourceFacts facts);
        return (disk, facts);
    }

    private VpcServer Start() => RunningServers.Add(_images.Start(_options!));

    private void Stop(VpcServer server)
    {
        foreach (Exception failure in RunningServers.Stop(server))
        {
            if (Cancellation.IsCancellationRequested)
            {
                // A pipeline that has been stopped takes no error records any more.
                Host.UI.WriteErrorLine(failure.Message);
            }
            else
            {
                TryRun(server.Uri, () => ExceptionDispatchInfo.Throw(failure));
            }
        }
    }

    private void CheckName()
    {
        if (Name is not null && _images.Count > 1)
        {
            throw new ArgumentException($"-Name names one export, and there are {_images.Count}: leave it out.");
        }
    }

    private VhdOpenOptions OpenOptions() =>
        new() { ForWriting = Writable, SizeRule = SizeRule, Parents = ResolveParents() };

    private NbdServerOptions Options()
    {
        bool isTcp = IsGiven(nameof(Port)) || IsGiven(nameof(Address));
        if (isTcp && Socket is not null)
        {
            throw new ArgumentException("A server listens at -Socket or at -Address and -Port, not at both.");
        }

        if (Certificate is { HasPrivateKey: false })
        {
            throw new ArgumentException("The certificate comes without its private key, and a server needs both.");
        }

        if (ClientCA.Length > 0 && Certificate is null)
        {
            throw new ArgumentException("-ClientCA asks clients for certificates, which needs a -Certificate of the server.");
        }

        if (isTcp && !IPAddress.IsLoopback(Address) && Certificate is null && !AllowUnencrypted)
        {
            throw new ArgumentException(
                $"{Address} can be reached from other machines: give a -Certificate, or -AllowUnencrypted where the network is trusted.");
        }

        return new NbdServerOptions
        {
            SocketPath = Socket is null ? null : new PathResolver(SessionState.Path).ResolveLiteral(Socket),
            Address = isTcp ? Address : null,
            Port = Port,
            Certificate = Certificate,
            ClientAuthorities = ClientCA.Length > 0 ? [.. ClientCA] : null,
            AllowUnencrypted = AllowUnencrypted,
        };
    }
}
