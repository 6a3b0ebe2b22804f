using System.Text;

namespace VhdPS.Engine.Nbd.Client;

/// <summary>Text that a peer sent, made fit for a message.</summary>
internal static class PeerText
{
    private const int MaxLength = 200;

    /// <summary>The beginning of a text, without what could act on a terminal.</summary>
    public static string Shorten(ReadOnlySpan<byte> text)
    {
        string whole = Encoding.UTF8.GetString(text[..Math.Min(text.Length, MaxLength)]);
        var shown = new StringBuilder(whole.Length);
        foreach (Rune rune in whole.EnumerateRunes())
        {
            System.Globalization.UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            bool isShown = category is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);
            shown.Append(isShown ? rune.ToString() : "?");
        }

        return shown.ToString();
    }
}
