using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace VhdPS.Commands;

/// <summary>Stops servers: what is under way ends, and everything that clients have written is flushed.</summary>
[Cmdlet(VerbsLifecycle.Stop, "VpcServer", DefaultParameterSetName = IdSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcServer))]
public sealed class StopVpcServerCommand : VpcCommandBase
{
    private const string IdSet = "Id";
    private const string InputObjectSet = "InputObject";

    /// <summary>The numbers of servers.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(ServerIdCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>Servers as Start-VpcServer and Get-VpcServer emit them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputObjectSet)]
    public VpcServer[] InputObject { get; set; } = [];

    /// <summary>Emits the servers that were stopped, with what they have served.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (VpcServer server in InputObject)
        {
            Stop(server);
        }

        foreach (int id in Id)
        {
            if (TryRun(id, () => RunningServers.Find(id), out VpcServer server))
            {
                Stop(server);
            }
        }
    }

    private void Stop(VpcServer server)
    {
        string clients = server.Clients == 1 ? "1 connection" : $"{server.Clients} connections";
        if (!ShouldProcess(server.Uri, $"Stop serving, end {clients} and flush"))
        {
            return;
        }

        foreach (Exception failure in RunningServers.Stop(server))
        {
            TryRun(server.Uri, () => ExceptionDispatchInfo.Throw(failure));
        }

        ReportStep($"{server.Uri}: stopped, {server.BytesRead} bytes read and {server.BytesWritten} written; all is flushed.");
        if (PassThru)
        {
            WriteObject(server);
        }
    }
}
