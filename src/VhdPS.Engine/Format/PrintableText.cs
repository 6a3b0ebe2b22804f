using System.Globalization;
using System.Text;

namespace VhdPS.Engine.Format;

/// <summary>
/// Text that came out of a file, as a terminal, a log or an XML document can take it. Bytes of a file must not clear a screen,
/// begin a line of their own or turn the direction of what follows.
/// </summary>
public static class PrintableText
{
    /// <summary>
    /// The text with each control character (C0, DEL, C1), line or paragraph separator, bidirectional control, unpaired surrogate
    /// and noncharacter as \u and its four hexadecimal digits. All other text, the backslash too, stays as it is.
    /// </summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = FirstUnsafe(text, 0);
        if (at < 0)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        int start = 0;
        for (; at >= 0; at = FirstUnsafe(text, start))
        {
            escaped.Append(text, start, at - start).Append(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:X4}");
            start = at + 1;
        }

        return escaped.Append(text, start, text.Length - start).ToString();
    }

    /// <summary>Whether a terminal can take the text as it is.</summary>
    public static bool IsPrintable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FirstUnsafe(text, 0) < 0;
    }

    private static int FirstUnsafe(string text, int start)
    {
        for (int i = start; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (IsUnsafe(text[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsUnsafe(char character) => character switch
    {
        < ' ' or (>= '\u007F' and <= '\u009F') => true,
        < '\u061C' => false,
        '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069') => true,
        (>= '\uD800' and <= '\uDFFF') or '\uFFFE' or '\uFFFF' => true,
        _ => false,
    };
}
