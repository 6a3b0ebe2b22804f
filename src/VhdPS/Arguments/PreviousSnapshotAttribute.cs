using System.Globalization;
using System.Management.Automation;
using VhdPS.Engine.Pages;

namespace VhdPS;

/// <summary>Takes a snapshot's time, or its URI with its signature as text, as a Uri or as a SecureString.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PreviousSnapshotAttribute : ArgumentTransformationAttribute
{
    // As the service writes it: seven digits of a second.
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            PreviousSnapshot snapshot => snapshot,
            PageBlobAddress address => PreviousSnapshot.At(address),
            DateTimeOffset time => PreviousSnapshot.At(time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)),
            DateTime time => PreviousSnapshot.At(time.ToUniversalTime().ToString(TimeFormat, CultureInfo.InvariantCulture)),
            null => throw new ArgumentTransformationMetadataException("The snapshot is null."),
            _ => FromText(PageBlobUriAttribute.Text(value)),
        };
    }

    private static PreviousSnapshot FromText(string text)
    {
        if (text.Length > 0 && char.IsAsciiDigit(text[0])
            && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal,
                out DateTime time))
        {
            return PreviousSnapshot.At(time.ToString(TimeFormat, CultureInfo.InvariantCulture));
        }

        try
        {
            return PreviousSnapshot.At(PageBlobAddress.Parse(text));
        }
        catch (ArgumentException error)
        {
            throw new ArgumentTransformationMetadataException($"This is neither a snapshot's time nor its URI: {error.Message}");
        }
    }
}
