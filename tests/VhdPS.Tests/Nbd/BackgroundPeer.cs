using System.Diagnostics;
using System.Net.Sockets;
using VhdPS.Engine.Nbd;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Nbd;

/// <summary>A server of another implementation, at a socket in a folder of its own, ended with the test.</summary>
internal sealed class BackgroundPeer : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Process _process;
    private readonly Task<string> _error;

    /// <summary>Starts a program and waits until it can be connected to.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Makes its arguments from the path of the socket.</param>
    public BackgroundPeer(string program, Func<string, string[]> arguments)
    {
        SocketPath = _folder["nbd.sock"];
        var start = new ProcessStartInfo(
            PeerPrograms.Find(program)!, arguments(SocketPath))
        { RedirectStandardInput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _error = _process.StandardError.ReadToEndAsync();
        bool isReady = SpinWait.SpinUntil(() => CanConnect() || _process.HasExited, TimeSpan.FromMinutes(2));
        Assert.True(isReady && !_process.HasExited,
            $"{program} does not serve: {(_process.HasExited ? _error.GetAwaiter().GetResult() : "it does not listen")}");
    }

    public string SocketPath { get; }

    public NbdUri Uri => NbdUri.ForUnix(SocketPath, string.Empty);

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _folder.Dispose();
    }

    private bool CanConnect()
    {
        Thread.Sleep(20);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
