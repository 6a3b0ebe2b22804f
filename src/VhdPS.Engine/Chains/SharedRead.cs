using System.Runtime.ExceptionServices;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Chains;

/// <summary>
/// One request read by two threads in parts that each takes as it gets to them: the caller begins at once, so that it never
/// waits for a thread to wake up, and reads all parts itself where none does. One object a calling thread, used again and again.
/// </summary>
internal sealed unsafe class SharedRead : IThreadPoolWorkItem
{
    /// <summary>Turns of waiting for the other thread's last part before this one sleeps.</summary>
    private const int SpinTurns = 20;

    [ThreadStatic]
    private static SharedRead? _ofThread;

    private readonly object _gate = new();
    private ChainReader? _reader;
    private long _sector;
    private byte* _buffer;
    private int _length;
    private int _partBytes;
    private int _taken;
    private int _running;
    private bool _isQueued;
    private ExceptionDispatchInfo? _error;

    /// <summary>Fills <paramref name="buffer"/>, of which <paramref name="partSectors"/> sectors at a time are read by one
    /// thread.</summary>
    public static void Run(ChainReader reader, long sector, Span<byte> buffer, int partSectors)
    {
        SharedRead shared = _ofThread ??= new SharedRead();
        fixed (byte* first = buffer)
        {
            shared.Offer(reader, sector, first, buffer.Length, partSectors * VhdSpec.SectorSize);
            shared.ReadParts();

            // The buffer must not be let go of while the other thread writes into it.
            shared.Wait();
        }

        shared.ThrowError();
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            _isQueued = false;
        }

        // Late, it takes parts of the caller's next request, or finds none.
        ReadParts();
    }

    private void Offer(ChainReader reader, long sector, byte* buffer, int length, int partBytes)
    {
        bool mustQueue;
        lock (_gate)
        {
            _reader = reader;
            _sector = sector;
            _buffer = buffer;
            _length = length;
            _partBytes = partBytes;
            _taken = 0;
            mustQueue = !_isQueued;
            _isQueued = true;
        }

        if (mustQueue)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void ReadParts()
    {
        while (TryTake(out int start, out int length))
        {
            try
            {
                _reader!.Read(_sector + (start / VhdSpec.SectorSize), new Span<byte>(_buffer + start, length), mayShare: false);
                Finish(null);
            }
            catch (Exception error)
            {
                // Whatever it is, it is the caller's.
                Finish(ExceptionDispatchInfo.Capture(error));
            }
        }
    }

    private bool TryTake(out int start, out int length)
    {
        lock (_gate)
        {
            start = _taken;
            length = Math.Min(_partBytes, _length - start);
            if (length <= 0)
            {
                return false;
            }

            _taken += length;
            _running++;
            return true;
        }
    }

    private void Finish(ExceptionDispatchInfo? error)
    {
        lock (_gate)
        {
            if (error is not null)
            {
                _error ??= error;
                _taken = _length;
            }

            if (--_running == 0)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    private void Wait()
    {
        var spin = default(SpinWait);
        for (int i = 0; i < SpinTurns && Volatile.Read(ref _running) != 0; i++)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        lock (_gate)
        {
            while (_running != 0)
            {
                Monitor.Wait(_gate);
            }

            _reader = null;
            _length = 0;
        }
    }

    private void ThrowError()
    {
        ExceptionDispatchInfo? error = _error;
        _error = null;
        error?.Throw();
    }
}
