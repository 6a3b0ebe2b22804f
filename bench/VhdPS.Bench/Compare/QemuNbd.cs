using System.Diagnostics;

namespace VhdPS.Bench.Compare;

/// <summary>A running <c>qemu-nbd</c> with one image at a Unix socket; ended when disposed.</summary>
internal sealed class QemuNbd : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly string _socket;

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="path">The image.</param>
    /// <param name="format">Its format, in QEMU's words.</param>
    /// <param name="more">More arguments.</param>
    public QemuNbd(string path, string format, params string[] more)
    {
        _socket = Path.Combine(Path.GetDirectoryName(path)!, $"q{Environment.ProcessId}.sock");
        _process = Process.Start(new ProcessStartInfo(
            "qemu-nbd", ["--persistent", "--shared=16", $"--format={format}", $"--socket={_socket}", .. more, path]))!;
        for (long start = Stopwatch.GetTimestamp(); !File.Exists(_socket); Thread.Sleep(10))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(start) > StartLimit)
            {
                Dispose();
                throw new InvalidOperationException("qemu-nbd did not start.");
            }
        }
    }

    /// <summary>The address of its export.</summary>
    public string Uri => $"nbd+unix:///?socket={_socket}";

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(_socket);
    }
}
