using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>Completes to the faults that can be repaired, each with what can be done about it.</summary>
public sealed class FaultCodeCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Enum.GetValues<FaultCode>()
            .Where(code => FaultCatalog.Of(code).IsRepairable)
            .Select(code => (Name: code.ToString(), Action: AdviceCatalog.ActionFor(code)))
            .Where(fault => fault.Name.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase))
            .OrderBy(fault => fault.Name, StringComparer.Ordinal)
            .Select(fault => new CompletionResult(fault.Name, fault.Name, CompletionResultType.ParameterValue, fault.Action));
}
