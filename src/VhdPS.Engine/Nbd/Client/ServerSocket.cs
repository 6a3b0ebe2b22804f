using System.Net.Sockets;

namespace VhdPS.Engine.Nbd.Client;

/// <summary>Connects a socket to a server.</summary>
internal static class ServerSocket
{
    /// <summary>Connects.</summary>
    /// <exception cref="NbdException">Nobody answers there, or not in time.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Socket Connect(NbdUri uri, TimeSpan limit, CancellationToken cancellation)
    {
        Socket socket = uri.Transport == NbdTransport.Unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // Not connected asynchronously: a socket that was stays slower for good on Unix.
            Task connecting = Task.Factory.StartNew(
                () => Connect(socket, uri), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (!connecting.Wait((int)limit.TotalMilliseconds, cancellation))
            {
                throw new NbdException(uri.ToString(), NbdFault.Unreachable, "the server did not take the connection in time.");
            }

            return socket;
        }
        catch (AggregateException error)
        {
            socket.Dispose();
            string why = error.InnerException is ArgumentException ? "the path is too long for a socket" : error.InnerException!.Message;
            throw new NbdException(uri.ToString(), NbdFault.Unreachable, $"no server answers there: {why}.", error.InnerException);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Connect(Socket socket, NbdUri uri)
    {
        if (uri.Transport == NbdTransport.Unix)
        {
            socket.Connect(new UnixDomainSocketEndPoint(uri.SocketPath));
        }
        else
        {
            socket.Connect(uri.Host, uri.Port);
        }
    }
}
