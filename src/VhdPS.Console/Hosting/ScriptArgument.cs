using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace VhdPS.Console.Hosting;

/// <summary>
/// An argument of -File as script text: the name of a parameter (<c>-Force</c>), a name with its value
/// (<c>-Force:$false</c>), or a value, which stays the text that it is.
/// </summary>
internal static partial class ScriptArgument
{
    public static string ToScript(string argument)
    {
        Match match = NamePattern().Match(argument);
        if (!match.Success)
        {
            return Quote(argument);
        }

        string value = match.Groups["value"].Value;
        bool isBoolean = value.ToUpperInvariant() is "$TRUE" or "$FALSE";
        return match.Groups["name"].Value + (match.Groups["value"].Success ? ":" + (isBoolean ? value : Quote(value)) : "");
    }

    public static string Quote(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    // A dash and a letter name a parameter; -5 is a value.
    [GeneratedRegex(@"^(?<name>-[\p{L}_][\p{L}\p{Nd}_]*)(:(?<value>.*))?$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
