using System.Globalization;

namespace VhdPS;

/// <summary>Sizes human-readable: used by the views; the objects hold the raw numbers.</summary>
public static class VpcSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size in the largest unit that leaves at least 1, with at most two digits after the point.</summary>
    public static string Format(object? size)
    {
        if (size is null)
        {
            return string.Empty;
        }

        decimal value = Convert.ToDecimal(size, CultureInfo.InvariantCulture);
        int unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.CurrentCulture, $"{Math.Round(value, 2):0.##} {Units[unit]}");
    }
}
