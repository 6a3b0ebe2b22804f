using System.Collections.Concurrent;

namespace VhdPS;

/// <summary>
/// Works on files side by side, on threads of its own, and gives them back in the order in which they were added. It holds
/// few files: who adds one to a full pipeline takes the first out before.
/// </summary>
/// <param name="threadCount">Files that are worked on at once.</param>
/// <param name="cancellation">Ends all work.</param>
internal sealed class OrderedPipeline(int threadCount, CancellationToken cancellation) : IDisposable
{
    /// <summary>Files held for each thread: while a large one is waited for, the others have something to do.</summary>
    private const int FilesPerThread = 8;

    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    private readonly BlockingCollection<PendingFile> _waiting = [];
    private readonly Queue<PendingFile> _files = [];
    private readonly List<Thread> _threads = [];

    /// <summary>Whether a file must be taken before one is added.</summary>
    public bool IsFull => _files.Count >= threadCount * FilesPerThread;

    /// <summary>Whether the first file's work has ended.</summary>
    public bool IsFirstReady => _files.TryPeek(out PendingFile? first) && first.HasEnded;

    /// <summary>Takes a file on.</summary>
    public void Add(PendingFile file)
    {
        _files.Enqueue(file);
        _waiting.Add(file, CancellationToken.None);
        if (_threads.Count < threadCount)
        {
            // Work that waits for the thread pool itself must not take the pool's threads.
            var thread = new Thread(Work) { IsBackground = true, Name = nameof(OrderedPipeline) };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Takes the first file out, whether its work has ended or not; false where there is none.</summary>
    public bool TryTake(out PendingFile file) => _files.TryDequeue(out file!);

    /// <summary>Cancels what has not ended, and returns when no thread is at work any more.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _waiting.CompleteAdding();
        _threads.ForEach(static thread => thread.Join());
        _waiting.Dispose();
        _stopping.Dispose();
    }

    private void Work()
    {
        foreach (PendingFile file in _waiting.GetConsumingEnumerable())
        {
            file.Run(_stopping.Token);
        }
    }
}
