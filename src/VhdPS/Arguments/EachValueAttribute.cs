using System.Collections;
using System.Management.Automation;

namespace VhdPS;

/// <summary>Takes a list of names, each for one value: of a text with commas PowerShell would combine the numbers.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EachValueAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override bool TransformNullOptionalParameters => false;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            string text => Split(text),
            ICollection list => list.Cast<object>().SelectMany(item => item is string text ? Split(text) : [item]).ToArray(),
            _ => inputData,
        };
    }

    private static object[] Split(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries)];
}
