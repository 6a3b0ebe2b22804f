using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VhdPS;

/// <summary>Completes to block sizes, those that Virtual PC and Hyper-V know first.</summary>
public sealed class BlockSizeCompleter : IArgumentCompleter
{
    private static readonly (string Size, string Meaning)[] Sizes =
    [
        ("2MB", "the size of Virtual PC and Hyper-V"),
        ("512KB", "the small size of Virtual PC and Hyper-V"),
        ("256KB", "not for Virtual PC and Hyper-V"),
        ("1MB", "not for Virtual PC and Hyper-V"),
        ("4MB", "not for Virtual PC and Hyper-V"),
        ("32MB", "not for Virtual PC and Hyper-V"),
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Sizes.Where(size => size.Size.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase))
            .Select(size => new CompletionResult(size.Size, size.Size, CompletionResultType.ParameterValue, size.Meaning));
}
