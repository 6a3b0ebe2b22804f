using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VhdPS;

/// <summary>Completes to the numbers of running servers.</summary>
public sealed class ServerIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        RunningServers.All
            .Select(server => (Id: server.Id.ToString(CultureInfo.InvariantCulture), server.Uri))
            .Where(server => server.Id.StartsWith(wordToComplete, StringComparison.Ordinal))
            .Select(server => new CompletionResult(server.Id, server.Id, CompletionResultType.ParameterValue, server.Uri));
}
