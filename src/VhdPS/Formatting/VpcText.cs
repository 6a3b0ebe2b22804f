using System.Management.Automation;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>Text that came out of a file, for the views: a terminal gets no character that would control it.</summary>
public static class VpcText
{
    /// <summary>The value's text with each control, line or direction character as \u and four digits; null stays null.</summary>
    public static string? Escape(object? value) => value is null ? null : PrintableText.Escape(LanguagePrimitives.ConvertTo<string>(value));
}
