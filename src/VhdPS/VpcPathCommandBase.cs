using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;

namespace VhdPS;

/// <summary>
/// A cmdlet that does the same to each of many files: -Path with wildcards, -LiteralPath as it stands. A file that cannot
/// be used is one error record; the others go on.
/// </summary>
public abstract class VpcPathCommandBase : VpcCommandBase
{
    /// <summary>The set with <see cref="Path"/>.</summary>
    protected const string PathSet = "Path";

    /// <summary>The set with <see cref="LiteralPath"/>: the default, so that of an object with both its provider path is taken.</summary>
    protected const string LiteralPathSet = "LiteralPath";

    /// <summary>The most files that are worked on at once.</summary>
    private protected const int MaxFilesAtOnce = 64;

    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(100);

    private PathResolver? _resolver;
    private ChildIndex? _children;
    private OrderedPipeline? _pipeline;

    /// <summary>Image files; wildcards are allowed.</summary>
    [Parameter(
        Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [ImagePath(TakesWildcards = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>Image files, taken as they stand.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string[] LiteralPath { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (TryLeaveToJob())
        {
            return;
        }

        PathResolver resolver = _resolver ??= new PathResolver(SessionState.Path, TakesAddresses);
        bool isLiteral = !ParameterSetName.StartsWith(PathSet, StringComparison.Ordinal);
        foreach (string path in NamedPaths)
        {
            IReadOnlyList<string> files;
            if (isLiteral)
            {
                if (!TryRun(path, () => resolver.ResolveLiteral(path), HandOutAll, out string literal))
                {
                    continue;
                }

                files = [literal];
            }
            else if (!TryRun(path, () => resolver.ResolveWildcard(path), HandOutAll, out files))
            {
                continue;
            }

            foreach (string file in files)
            {
                if (Cancellation.IsCancellationRequested)
                {
                    return;
                }

                ProcessFile(file);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        HandOutAll();
        StartJob();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pipeline?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>What the caller has named, by the parameter set.</summary>
    private protected virtual string[] NamedPaths =>
        ParameterSetName.StartsWith(PathSet, StringComparison.Ordinal) ? Path : LiteralPath;

    /// <summary>Whether addresses of NBD exports are taken in place of files.</summary>
    private protected virtual bool TakesAddresses => false;

    /// <summary>Files that <see cref="Work"/> works on at once.</summary>
    private protected virtual int FilesAtOnce => 1;

    /// <summary>
    /// Reads one file, side by side with others where the caller wants that, and writes what came of it when all that came
    /// before it has been written.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="verb">What is done, for the progress.</param>
    /// <param name="work">Engine code that reads; it may run on another thread.</param>
    /// <param name="write">Writes the result, on the pipeline's thread.</param>
    private protected void Work<T>(string path, string verb, Func<IProgress<WorkProgress>, CancellationToken, T> work, Action<T> write)
    {
        if (FilesAtOnce == 1)
        {
            if (TryRun(path, () => RunHere(path, verb, work), out T result))
            {
                write(result);
            }

            return;
        }

        T outcome = default!;
        _pipeline ??= new OrderedPipeline(FilesAtOnce, Cancellation);
        _pipeline.Add(new PendingFile(
            (progress, cancellation) => outcome = work(progress, cancellation),
            file =>
            {
                if (TryRun(path, () => WaitFor(file, path, verb)))
                {
                    write(outcome);
                }
            }));
        while (!Cancellation.IsCancellationRequested && (_pipeline.IsFull || _pipeline.IsFirstReady)
            && _pipeline.TryTake(out PendingFile first))
        {
            first.HandOut();
        }
    }

    /// <summary>Answers what depends on an image: one look at each folder for all records of the pipeline.</summary>
    private protected ChildIndex Children => _children ??= new ChildIndex(ChildSearchFolders);

    /// <summary>Warns of the images that depend on one that is repaired or brought back, which does not ask about them.</summary>
    private protected bool TryNameChildren(string path, out IReadOnlyList<string> children)
    {
        if (!TryRun(path, () => [.. Children.Find(path).Select(child => child.Path)], out children))
        {
            return false;
        }

        foreach (string child in children)
        {
            WriteWarning($"{path}: '{child}' depends on this image, or may; check it too.");
        }

        return true;
    }

    /// <summary>Folders besides an image's own in which other images may depend on it.</summary>
    private protected virtual IReadOnlyList<string> ChildSearchFolders => [];

    /// <summary>Does the work on one file, by its full path.</summary>
    protected abstract void ProcessFile(string path);

    /// <summary>Writes what came of all files so far, so that what follows is in its place.</summary>
    private protected void HandOutAll()
    {
        while (!Cancellation.IsCancellationRequested && _pipeline is not null && _pipeline.TryTake(out PendingFile file))
        {
            file.HandOut();
        }
    }

    private T RunHere<T>(string path, string verb, Func<IProgress<WorkProgress>, CancellationToken, T> work)
    {
        using CommandProgress progress = BeginProgress(verb, path);
        return work(progress, Cancellation);
    }

    private void WaitFor(PendingFile file, string path, string verb)
    {
        using CommandProgress progress = BeginProgress(verb, path);
        file.Wait(progress, ReportInterval, Cancellation);
    }
}
