namespace VhdPS;

/// <summary>Colours from the start (blue) to the end (red) of a disk or file.</summary>
internal static class MapPalette
{
    private static readonly (byte Red, byte Green, byte Blue)[] Stops =
        [(0x3B, 0x6C, 0xF6), (0x1F, 0xA8, 0xC9), (0x3F, 0xB9, 0x50), (0xE3, 0xB3, 0x41), (0xE5, 0x48, 0x4D)];

    /// <summary>The colour of a place, 0 to 1.</summary>
    public static (byte Red, byte Green, byte Blue) At(double place)
    {
        double at = Math.Clamp(place, 0, 1) * (Stops.Length - 1);
        int first = Math.Min((int)at, Stops.Length - 2);
        double share = at - first;
        byte Mix(byte from, byte to) => (byte)Math.Round(from + ((to - from) * share));
        (byte Red, byte Green, byte Blue) one = Stops[first], other = Stops[first + 1];
        return (Mix(one.Red, other.Red), Mix(one.Green, other.Green), Mix(one.Blue, other.Blue));
    }

    /// <summary>The colour of a place as CSS writes it.</summary>
    public static string Css(double place)
    {
        (byte red, byte green, byte blue) = At(place);
        return $"#{red:x2}{green:x2}{blue:x2}";
    }
}
