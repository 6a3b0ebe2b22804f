using System.Management.Automation;

namespace VhdPS.Tests.Commands;

/// <summary>What a script wrote to each stream.</summary>
internal sealed class SessionResult
{
    public required IReadOnlyList<PSObject> Output { get; init; }

    /// <summary>The errors that did not end the script; one that ends only its statement is among them.</summary>
    public required IReadOnlyList<ErrorRecord> Errors { get; init; }

    /// <summary>The error that ended the script (a throw, or -ErrorAction Stop), or null.</summary>
    public required ErrorRecord? TerminatingError { get; init; }

    public required bool WasStopped { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<string> Verbose { get; init; }

    public required IReadOnlyList<string> Debug { get; init; }

    public required IReadOnlyList<string> Information { get; init; }

    public required IReadOnlyList<ProgressRecord> Progress { get; init; }

    /// <summary>The output without PowerShell's wrapping, as <typeparamref name="T"/>; fails where an object is something else.</summary>
    public IReadOnlyList<T> As<T>() => [.. Output.Select(item => Assert.IsAssignableFrom<T>(item.BaseObject))];

    /// <summary>This result, after checking that there was no error of either kind.</summary>
    public SessionResult WithoutErrors()
    {
        Assert.Null(TerminatingError?.ToString());
        Assert.Empty(Errors.Select(error => error.ToString()));
        return this;
    }

    /// <summary>The one error, after checking that it is the only one and did not end the script.</summary>
    public ErrorRecord SingleError()
    {
        Assert.Null(TerminatingError?.ToString());
        return Assert.Single(Errors);
    }
}
