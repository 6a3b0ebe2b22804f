using System.Globalization;
using System.Text;

namespace VhdPS;

/// <summary>Bytes human-readable: sixteen a line with offset and characters, equal lines folded into one star.</summary>
public static class HexDump
{
    private const int Width = 16;

    /// <summary>The dump of <paramref name="data"/> with offsets that begin at <paramref name="firstOffset"/>.</summary>
    public static string Format(byte[] data, long firstOffset)
    {
        ArgumentNullException.ThrowIfNull(data);
        var text = new StringBuilder(data.Length * 5);
        bool isFolding = false;
        for (int at = 0; at < data.Length; at += Width)
        {
            ReadOnlySpan<byte> line = data.AsSpan(at, Math.Min(Width, data.Length - at));
            bool isRepeat = at >= Width && line.Length == Width && line.SequenceEqual(data.AsSpan(at - Width, Width));
            if (!isRepeat)
            {
                AppendLine(text, firstOffset + at, line);
            }
            else if (!isFolding)
            {
                text.Append("*\n");
            }

            isFolding = isRepeat;
        }

        text.Append(CultureInfo.InvariantCulture, $"{firstOffset + data.Length:x8}");
        return text.ToString();
    }

    private static void AppendLine(StringBuilder text, long offset, ReadOnlySpan<byte> line)
    {
        // At most 79 columns, for disks of up to 2040 GiB too, so that no terminal folds a line.
        text.Append(CultureInfo.InvariantCulture, $"{offset:x8} ");
        for (int i = 0; i < Width; i++)
        {
            text.Append(i == Width / 2 ? "  " : " ");
            if (i < line.Length)
            {
                text.Append(CultureInfo.InvariantCulture, $"{line[i]:x2}");
            }
            else
            {
                text.Append("  ");
            }
        }

        text.Append("  ");
        foreach (byte value in line)
        {
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
        }

        text.Append('\n');
    }
}
