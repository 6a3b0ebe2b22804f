using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace VhdPS;

/// <summary>Completes to folders and images, or to every file where none of these fits.</summary>
public sealed class ImagePathCompleter : IArgumentCompleter
{
    private static readonly string[] Extensions = [".vhd", ".avhd"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        CompletionResult[] files = [.. CompletionCompleters.CompleteFilename(wordToComplete)];
        CompletionResult[] images = [.. files.Where(IsImageOrFolder)];
        IEnumerable<CompletionResult> offered = images.Length > 0 ? images : files;
        return parameterName == nameof(VpcPathCommandBase.LiteralPath) ? offered.Select(ToLiteral) : offered;
    }

    private static bool IsImageOrFolder(CompletionResult result) =>
        result.ResultType == CompletionResultType.ProviderContainer
        || Extensions.Contains(Path.GetExtension(result.ListItemText), StringComparer.OrdinalIgnoreCase);

    /// <summary>File names are completed with their wildcards escaped, which a literal path takes for a part of the name.</summary>
    private static CompletionResult ToLiteral(CompletionResult result) =>
        new(WildcardPattern.Unescape(result.CompletionText), result.ListItemText, result.ResultType, result.ToolTip);
}
