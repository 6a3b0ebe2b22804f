using System.Runtime.ExceptionServices;

namespace VhdPS.Engine.Storage;

/// <summary>
/// One request read by two threads, a part each. Where no other thread is free in time, the caller reads both parts: it
/// never waits for a part that no one has begun. One object a calling thread, used again and again.
/// </summary>
internal sealed unsafe class SharedRead : IThreadPoolWorkItem
{
    [ThreadStatic]
    private static SharedRead? _ofThread;

    private readonly object _gate = new();
    private ChainReader? _reader;
    private long _sector;
    private byte* _buffer;
    private int _length;
    private ExceptionDispatchInfo? _error;
    private int _isTaken = 1;
    private bool _isDone;

    /// <summary>Fills <paramref name="buffer"/>, of which the first <paramref name="firstCount"/> sectors are the caller's part.</summary>
    public static void Run(ChainReader reader, long sector, Span<byte> buffer, int firstCount)
    {
        SharedRead shared = _ofThread ??= new SharedRead();
        Span<byte> first = buffer[..(firstCount * Format.VhdSpec.SectorSize)];
        fixed (byte* second = buffer[first.Length..])
        {
            shared.Offer(reader, sector + firstCount, second, buffer.Length - first.Length);
            bool isMine = false;
            try
            {
                reader.Read(sector, first, mayShare: false);
            }
            finally
            {
                // The buffer must not be let go of while the other thread writes into it.
                isMine = shared.TryTake();
                if (!isMine)
                {
                    shared.Wait();
                }
            }

            if (isMine)
            {
                shared.Read();
            }

            shared.ThrowError();
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        // Late, the part has been taken by the caller, or is that of its next request.
        if (!TryTake())
        {
            return;
        }

        try
        {
            Read();
        }
        catch (Exception error)
        {
            // Whatever it is, it is the caller's.
            _error = ExceptionDispatchInfo.Capture(error);
        }
        finally
        {
            lock (_gate)
            {
                _isDone = true;
                Monitor.Pulse(_gate);
            }
        }
    }

    private void Offer(ChainReader reader, long sector, byte* buffer, int length)
    {
        _reader = reader;
        _sector = sector;
        _buffer = buffer;
        _length = length;
        _error = null;
        _isDone = false;
        Volatile.Write(ref _isTaken, 0);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Wait()
    {
        lock (_gate)
        {
            while (!_isDone)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    private bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    private void Read() => _reader!.Read(_sector, new Span<byte>(_buffer, _length), mayShare: false);

    private void ThrowError()
    {
        ExceptionDispatchInfo? error = _error;
        _error = null;
        _reader = null;
        error?.Throw();
    }
}
