using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

/// <summary>A cmdlet that does one thing for each path; a path that fails is one error, and the others go on.</summary>
public abstract class PathCommandBase : PSCmdlet
{
    protected const string PathSet = "Path";
    protected const string LiteralPathSet = "LiteralPath";

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public virtual string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    protected bool IsLiteral => ParameterSetName == LiteralPathSet;

    protected override void ProcessRecord()
    {
        foreach (string path in IsLiteral ? LiteralPath : Path)
        {
            WriteObject(Attempt(() => ProcessPath(path)), enumerateCollection: true);
        }
    }

    /// <summary>Does the work for one path. Returns what to write.</summary>
    protected abstract IEnumerable<object> ProcessPath(string path);

    /// <summary>The paths in the file system that a path means.</summary>
    protected IReadOnlyList<string> FilesOf(string path)
    {
        IReadOnlyList<string> files = IsLiteral
            ? [SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _)]
            : GetResolvedProviderPathFromPSPath(path, out provider);
        return provider.Name == "FileSystem"
            ? files
            : throw new PSNotSupportedException($"{path} is not in the file system, but in the {provider.Name} provider.");
    }

    /// <summary>Runs work that writes nothing; its failure becomes an error of this cmdlet.</summary>
    protected IEnumerable<object> Attempt(Func<IEnumerable<object>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        ErrorRecord error;
        try
        {
            return [.. work()];
        }
        catch (PipelineStoppedException)
        {
            throw;
        }
        catch (Exception e) when (e is IContainsErrorRecord)
        {
            error = new ErrorRecord(((IContainsErrorRecord)e).ErrorRecord, e);
        }
        catch (UnauthorizedAccessException e)
        {
            error = new ErrorRecord(e, "PermissionDenied", ErrorCategory.PermissionDenied, null);
        }
        catch (IOException e)
        {
            error = new ErrorRecord(e, "IOError", ErrorCategory.NotSpecified, null);
        }

        WriteError(error);
        return [];
    }
}
