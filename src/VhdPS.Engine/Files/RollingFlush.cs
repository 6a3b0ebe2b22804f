namespace VhdPS.Engine.Files;

/// <summary>
/// Syncs a file that is being written, a stretch at a time beside the writing: the medium works while the processor does,
/// and the last sync, which cannot be cancelled, has little left to do.
/// </summary>
internal sealed class RollingFlush(ImageFile file) : IDisposable
{
    private const long Stretch = 64 * 1024 * 1024;

    private Task _flush = Task.CompletedTask;
    private long _flushedBytes;

    /// <summary>Begins a sync when enough has been written since the last; waits for that one first.</summary>
    public void Step(long writtenBytes, CancellationToken cancellation)
    {
        if (writtenBytes - _flushedBytes < Stretch)
        {
            return;
        }

        Finish(cancellation);
        _flushedBytes = writtenBytes;
        _flush = Task.Run(file.Flush, CancellationToken.None);
    }

    /// <summary>Returns when the last sync that was begun has ended.</summary>
    /// <exception cref="ImageIOException">The medium did not take the data.</exception>
    public void Finish(CancellationToken cancellation)
    {
        if (!_flush.IsCompleted)
        {
            Task.WaitAny([_flush], cancellation);
        }

        _flush.GetAwaiter().GetResult();
    }

    /// <summary>Waits for the last sync, whatever came of it: the file must not be deleted under it.</summary>
    public void Dispose() => Task.WaitAny([_flush], CancellationToken.None);
}
