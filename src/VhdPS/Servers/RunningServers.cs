using System.Management.Automation.Runspaces;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS;

/// <summary>The servers of this process, whichever of its sessions has started them.</summary>
internal static class RunningServers
{
    private static readonly object Gate = new();
    private static readonly List<(VpcServer Server, Guid Session)> Servers = [];
    private static int _lastId;

    /// <summary>In the order in which they were started.</summary>
    public static IReadOnlyList<VpcServer> All
    {
        get
        {
            lock (Gate)
            {
                return [.. Servers.Select(entry => entry.Server)];
            }
        }
    }

    /// <summary>Takes a server that has been started.</summary>
    public static VpcServer Add(NbdServer server)
    {
        lock (Gate)
        {
            var added = new VpcServer(++_lastId, server);
            Servers.Add((added, CurrentSession));
            return added;
        }
    }

    /// <summary>The server of a number.</summary>
    /// <exception cref="ArgumentException">None that runs has it.</exception>
    public static VpcServer Find(int id) => All.FirstOrDefault(server => server.Id == id)
        ?? throw new ArgumentException($"No server {id} runs in this process.");

    /// <summary>Ends a server's sessions, flushes and closes its images.</summary>
    /// <returns>Why images could not be flushed; they are closed all the same.</returns>
    public static IReadOnlyList<Exception> Stop(VpcServer server)
    {
        lock (Gate)
        {
            Servers.RemoveAll(entry => entry.Server == server);
        }

        try
        {
            server.Server.Stop();
            return [];
        }
        catch (AggregateException error)
        {
            return error.InnerExceptions;
        }
    }

    /// <summary>Stops what the current session has started: another session's servers are not its own to stop.</summary>
    /// <returns>Why images could not be flushed; they are closed all the same.</returns>
    public static IReadOnlyList<Exception> StopOfSession()
    {
        VpcServer[] own;
        lock (Gate)
        {
            own = [.. Servers.Where(entry => entry.Session == CurrentSession).Select(entry => entry.Server)];
        }

        return [.. own.SelectMany(Stop)];
    }

    private static Guid CurrentSession => Runspace.DefaultRunspace?.InstanceId ?? Guid.Empty;
}
