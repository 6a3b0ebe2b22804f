using System.Collections;
using System.Management.Automation;

namespace VhdPS;

/// <summary>
/// Takes paths, and of an object the path that it has: one with its provider or a full one as it stands, another as the parameter takes
/// text. An object that has none is not bound, where PowerShell would take what it prints as for a path.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ImagePathAttribute : ArgumentTransformationAttribute
{
    private static readonly string[] LiteralNames = ["PSPath", "LiteralPath", "FullName", "LP"];

    /// <summary>Whether text is taken with wildcards, so that in the path of an object they must be escaped.</summary>
    public bool TakesWildcards { get; set; }

    /// <inheritdoc/>
    public override bool TransformNullOptionalParameters => false;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Value(inputData) switch
    {
        string or string[] => inputData,
        IList list => list.Cast<object>().Select(Text).ToArray(),
        var value when IsText(value) => inputData,
        _ => new ObjectPath(Text(inputData)),
    };

    private static object? Value(object? input) =>
        input is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : input;

    /// <summary>What a user writes down as a path, and PowerShell may have read as a number.</summary>
    private static bool IsText(object? value) => value is null or string or Uri or decimal or ScriptBlock || value.GetType().IsPrimitive;

    private string Text(object? input)
    {
        if (IsText(Value(input)))
        {
            return $"{input}";
        }

        PSMemberInfoCollection<PSPropertyInfo> properties = PSObject.AsPSObject(input!).Properties;
        foreach (string name in LiteralNames)
        {
            if (Read(properties, name) is { } literal)
            {
                return TakesWildcards && !SourceArguments.IsRemote(literal) ? WildcardPattern.Escape(literal) : literal;
            }
        }

        // The inner exception makes PowerShell go on to the other ways to bind an object, and say at the end that none fits.
        string message = $"A {Value(input)!.GetType().Name} is no path, and has neither Path nor PSPath.";
        return Read(properties, "Path") ?? throw new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }

    private static string? Read(PSMemberInfoCollection<PSPropertyInfo> properties, string name)
    {
        try
        {
            return Value(properties[name]?.Value) is string { Length: > 0 } text ? text : null;
        }
        catch (GetValueException)
        {
            return null;
        }
    }

    /// <summary>
    /// A path that is no string: PowerShell binds an object by its properties first, and what comes by the pipeline as text only where
    /// none of them fits.
    /// </summary>
    private sealed class ObjectPath(string text)
    {
        public override string ToString() => text;
    }
}
