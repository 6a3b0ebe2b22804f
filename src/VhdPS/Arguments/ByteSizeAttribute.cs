using System.Management.Automation;
using System.Text.RegularExpressions;

namespace VhdPS;

/// <summary>Takes sizes as the views show them, such as "20 GiB", besides PowerShell's own "20GB".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed partial class ByteSizeAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is string text && SizeWithUnit().Match(text) is { Success: true } match
            ? $"{match.Groups["number"].Value}{match.Groups["unit"].Value}B"
            : inputData;
    }

    [GeneratedRegex(@"^\s*(?<number>\d+(\.\d+)?)\s*(?<unit>[KMGTP])i?B\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SizeWithUnit();
}
