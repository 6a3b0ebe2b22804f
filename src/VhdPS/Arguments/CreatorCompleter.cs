using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>Completes to the names of known creators, with the blanks that belong to them.</summary>
public sealed class CreatorCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = wordToComplete.Trim('\'', '"');
        return CreatorName.Known
            .Where(name => name.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult($"'{name.Text}'", name.Text, CompletionResultType.ParameterValue, name.Program));
    }
}
