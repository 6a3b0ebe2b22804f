using System.Management.Automation;
using System.Net;
using System.Security;
using VhdPS.Engine.Pages;

namespace VhdPS;

/// <summary>Takes a URI with its signature as text, as a Uri or as a SecureString; what it says of a wrong one does not repeat
/// it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PageBlobUriAttribute : ArgumentTransformationAttribute
{
    /// <summary>The environment variable that stands in for a URI that is not given.</summary>
    internal const string Variable = "VHDPS_SAS";

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            PageBlobAddress address => address,
            PreviousSnapshot { Address: { } address } => address,
            object value => Parse(Text(value)),
            null => throw new ArgumentException("The URI is null."),
        };

    /// <summary>The address in the environment.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    internal static PageBlobAddress ReadEnvironment() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text
        ? PageBlobAddress.Parse(text.Trim())
        : throw new ArgumentException($"No -Uri was given, and the environment has no {Variable}.");

    /// <summary>The text in a value.</summary>
    internal static string Text(object value) => value switch
    {
        SecureString secret => new NetworkCredential(string.Empty, secret).Password.Trim(),
        Uri uri => uri.OriginalString,
        string text => text.Trim(),
        _ => throw new ArgumentTransformationMetadataException(
            $"A {value.GetType().Name} is no URI: give a string, a Uri or a SecureString."),
    };

    private static PageBlobAddress Parse(string text)
    {
        try
        {
            return PageBlobAddress.Parse(text);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentTransformationMetadataException(error.Message);
        }
    }
}
