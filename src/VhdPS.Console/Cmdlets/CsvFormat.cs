using System.Globalization;
using System.Management.Automation;
using Microsoft.VisualBasic.FileIO;

namespace VhdPS.Console.Cmdlets;

/// <summary>Objects as lines of comma-separated values, and back.</summary>
internal static class CsvFormat
{
    public static string HeaderOf(PSObject item, char delimiter) =>
        string.Join(delimiter, NamesOf(item).Select(Quote));

    public static string LineOf(PSObject item, IEnumerable<string> names, char delimiter) =>
        string.Join(delimiter, names.Select(name => Field(item.Properties[name]?.Value)));

    public static IEnumerable<string> NamesOf(PSObject item) => item.Properties.Select(property => property.Name);

    /// <summary>An object a line, its properties named by the header: the given one, else the first line.</summary>
    public static IEnumerable<PSObject> Read(TextReader reader, char delimiter, string[]? header)
    {
        using var parser = new TextFieldParser(reader) { TrimWhiteSpace = false };
        parser.SetDelimiters(delimiter.ToString());
        string[]? names = header ?? parser.ReadFields();
        while (names is not null && parser.ReadFields() is { } fields)
        {
            var item = new PSObject();
            for (int i = 0; i < names.Length; i++)
            {
                item.Properties.Add(new PSNoteProperty(names[i], i < fields.Length ? fields[i] : null));
            }

            yield return item;
        }
    }

    private static string Field(object? value) =>
        value is null ? "" : Quote(LanguagePrimitives.ConvertTo<string>(value is IFormattable number and not Enum
            ? number.ToString(null, CultureInfo.CurrentCulture)
            : value));

    private static string Quote(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
