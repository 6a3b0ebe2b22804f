using System.Management.Automation;

namespace VhdPS;

/// <summary>
/// A cmdlet that does the same to each of many files: -Path with wildcards, -LiteralPath as it stands. A file that cannot
/// be used is one error record; the others go on.
/// </summary>
public abstract class VpcPathCommandBase : VpcCommandBase
{
    /// <summary>The set with <see cref="Path"/>.</summary>
    protected const string PathSet = "Path";

    /// <summary>The set with <see cref="LiteralPath"/>.</summary>
    protected const string LiteralPathSet = "LiteralPath";

    private PathResolver? _resolver;

    /// <summary>Image files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
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
        PathResolver resolver = _resolver ??= new PathResolver(SessionState.Path);
        bool isLiteral = ParameterSetName.StartsWith(LiteralPathSet, StringComparison.Ordinal);
        foreach (string path in isLiteral ? LiteralPath : Path)
        {
            IReadOnlyList<string> files;
            if (isLiteral)
            {
                if (!TryRun(path, () => resolver.ResolveLiteral(path), out string literal))
                {
                    continue;
                }

                files = [literal];
            }
            else if (!TryRun(path, () => resolver.ResolveWildcard(path), out files))
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

    /// <summary>Does the work on one file, by its full path.</summary>
    protected abstract void ProcessFile(string path);
}
