using System.Management.Automation.Runspaces;

namespace VhdPS.Console.Hosting;

/// <summary>An argument of -File: the name of a parameter, a name with its value, or a value.</summary>
internal static class ScriptArgument
{
    public static CommandParameter Parse(string argument)
    {
        // A dash and a letter name a parameter; -5 is a value. The engine pairs a name with the value that follows it.
        if (argument.Length < 2 || argument[0] != '-' || !(char.IsLetter(argument[1]) || argument[1] == '_'))
        {
            return new CommandParameter(null, argument);
        }

        int colon = argument.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return new CommandParameter(argument);
        }

        string value = argument[(colon + 1)..];
        return new CommandParameter(argument[..(colon + 1)], value.ToUpperInvariant() switch
        {
            "$TRUE" => true,
            "$FALSE" => false,
            _ => value,
        });
    }
}
