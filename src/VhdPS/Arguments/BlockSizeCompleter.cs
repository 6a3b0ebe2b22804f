using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VhdPS;

/// <summary>Completes to block sizes: of images, those that Virtual PC and Hyper-V know first; of manifests, the usual ones.</summary>
public sealed class BlockSizeCompleter : IArgumentCompleter
{
    private static readonly (string Size, string Meaning)[] OfImages =
    [
        ("2MB", "the size of Virtual PC and Hyper-V"),
        ("512KB", "the small size of Virtual PC and Hyper-V"),
        ("256KB", "not for Virtual PC and Hyper-V"),
        ("1MB", "not for Virtual PC and Hyper-V"),
        ("4MB", "not for Virtual PC and Hyper-V"),
        ("32MB", "not for Virtual PC and Hyper-V"),
    ];

    private static readonly (string Size, string Meaning)[] OfManifests =
    [
        ("2MB", "the default"),
        ("4MB", "the most that Azure takes in one upload of pages"),
        ("64KB", "finds small changes"),
        ("512KB", "finds small changes"),
        ("16MB", "the largest"),
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        (commandName.EndsWith("VpcHash", StringComparison.OrdinalIgnoreCase) ? OfManifests : OfImages)
            .Where(size => size.Size.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase))
            .Select(size => new CompletionResult(size.Size, size.Size, CompletionResultType.ParameterValue, size.Meaning));
}
