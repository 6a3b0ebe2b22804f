using System.Management.Automation;

namespace VhdPS.Commands;

/// <summary>The servers that run in this process.</summary>
[Cmdlet(VerbsCommon.Get, "VpcServer")]
[OutputType(typeof(VpcServer))]
public sealed class GetVpcServerCommand : VpcCommandBase
{
    /// <summary>The numbers of servers; left out, all.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServerIdCompleter))]
    public int[] Id { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<VpcServer> running = RunningServers.All;
        if (!IsGiven(nameof(Id)))
        {
            WriteObject(running, enumerateCollection: true);
            return;
        }

        foreach (int id in Id)
        {
            if (TryRun(id, () => RunningServers.Find(id), out VpcServer server))
            {
                WriteObject(server);
            }
        }
    }
}
