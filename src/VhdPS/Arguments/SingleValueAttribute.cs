using System.Collections;
using System.Management.Automation;

namespace VhdPS;

/// <summary>Refuses a list of names for one: PowerShell would combine their numbers, which gives the name of something else.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SingleValueAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override bool TransformNullOptionalParameters => false;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        bool isList = value is string text ? text.Contains(',', StringComparison.Ordinal) : value is ICollection { Count: > 1 };
        return isList
            ? throw new ArgumentTransformationMetadataException("One name is taken, and this is a list of them.")
            : inputData;
    }
}
