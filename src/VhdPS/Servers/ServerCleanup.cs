using System.Management.Automation;

namespace VhdPS;

/// <summary>Stops the session's servers when the module is removed: nothing would be left to stop them with.</summary>
public sealed class ServerCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        IReadOnlyList<Exception> failures = RunningServers.StopOfSession();
        if (failures.Count > 0)
        {
            throw new AggregateException("Not everything that was written is on the medium.", failures);
        }
    }
}
