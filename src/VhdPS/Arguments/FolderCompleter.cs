using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VhdPS;

/// <summary>Completes to folders.</summary>
public sealed class FolderCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        CompletionCompleters.CompleteFilename(wordToComplete)
            .Where(result => result.ResultType == CompletionResultType.ProviderContainer)
            .Select(ImagePathCompleter.ToLiteral);
}
