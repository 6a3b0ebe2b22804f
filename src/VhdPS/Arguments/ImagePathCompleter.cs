using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using VhdPS.Commands;
using VhdPS.Engine.Disks;

namespace VhdPS;

/// <summary>
/// Completes to folders and images; to every file where none of these fits, or where the caller says that it is a raw disk.
/// </summary>
public sealed class ImagePathCompleter : IArgumentCompleter
{
    private static readonly string[] Extensions = [".vhd", ".avhd", ".vhdx", ".avhdx"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        CompletionResult[] files = [.. CompletionCompleters.CompleteFilename(wordToComplete)];
        CompletionResult[] images = IsRaw(parameterName, fakeBoundParameters) ? [] : [.. files.Where(IsImageOrFolder)];
        IEnumerable<CompletionResult> offered = images.Length > 0 ? images : files;
        return TakesWildcards(commandName, parameterName) ? offered : offered.Select(ToLiteral);
    }

    /// <summary>Every other parameter takes a path as it stands.</summary>
    private static bool TakesWildcards(string commandName, string parameterName) =>
        parameterName == nameof(VpcPathCommandBase.Path) && !commandName.EndsWith("New-VpcImage", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the file is one that the caller has said to be a raw disk, which can have any name.</summary>
    private static bool IsRaw(string parameterName, IDictionary given)
    {
        string format = parameterName switch
        {
            nameof(CompareVpcImageCommand.ReferencePath) => nameof(CompareVpcImageCommand.ReferenceFormat),
            nameof(CompareVpcImageCommand.DifferencePath) => nameof(CompareVpcImageCommand.DifferenceFormat),
            _ => nameof(SourceFormat),
        };
        return string.Equals(given[format]?.ToString(), nameof(SourceFormat.Raw), StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsImageOrFolder(CompletionResult result) =>
        result.ResultType == CompletionResultType.ProviderContainer
        || Extensions.Contains(Path.GetExtension(result.ListItemText), StringComparer.OrdinalIgnoreCase);

    /// <summary>File names are completed with their wildcards escaped, which a literal path takes for a part of the name.</summary>
    internal static CompletionResult ToLiteral(CompletionResult result) =>
        new(WildcardPattern.Unescape(result.CompletionText), result.ListItemText, result.ResultType, result.ToolTip);
}
