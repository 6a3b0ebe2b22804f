using System.Globalization;
using System.Management.Automation;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>Takes a geometry as the views show it: cylinders, heads and sectors per track, such as "306/4/17".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DiskGeometryAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is not string text)
        {
            return inputData;
        }

        string[] parts = text.Split('/');
        return parts.Length == 3
            && ushort.TryParse(parts[0].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ushort cylinders)
            && byte.TryParse(parts[1].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out byte heads)
            && byte.TryParse(parts[2].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out byte sectors)
            ? new DiskGeometry(cylinders, heads, sectors)
            : throw new ArgumentTransformationMetadataException(
                "A geometry is cylinders/heads/sectors per track, at most 65535/255/255, such as '306/4/17'.");
    }
}
