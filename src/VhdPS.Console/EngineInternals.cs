using System.Management.Automation;
using System.Reflection;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace VhdPS.Console;

/// <summary>
/// The three things that PowerShell's own Utility module does with internal types of the engine, and that have no
/// public equivalent: choosing a formatting cmdlet's shape, formatting into text, and stopping the commands upstream.
/// The package's version is pinned; tests of the cmdlets that use this fail when a newer one differs.
/// </summary>
internal static class EngineInternals
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private const string FormatNamespace = "Microsoft.PowerShell.Commands.Internal.Format";

    private static readonly Assembly Engine = typeof(PSObject).Assembly;

    /// <summary>Makes a cmdlet format its input as a Table or a List.</summary>
    public static void FormatAs(FrontEndCommandBase cmdlet, string shape)
    {
        object value = Enum.Parse(TypeOf($"{FormatNamespace}.FormatShape"), shape);
        Implement(cmdlet, New($"{FormatNamespace}.InnerFormatShapeCommand", value));
    }

    /// <summary>Makes a cmdlet write its input, formatted, to a text writer in lines of at most so many columns.</summary>
    public static void FormatInto(FrontEndCommandBase cmdlet, TextWriter writer, int columnCount)
    {
        object output = New($"{FormatNamespace}.OutputManagerInner");
        output.GetType().GetProperty("LineOutput", Instance)!
            .SetValue(output, New($"{FormatNamespace}.TextWriterLineOutput", writer, columnCount));
        Implement(cmdlet, output);
    }

    /// <summary>The exception by which a cmdlet ends the commands before it in the pipeline, as one that has seen enough.</summary>
    public static Exception StopUpstream(Cmdlet cmdlet) =>
        (Exception)New("System.Management.Automation.StopUpstreamCommandsException", cmdlet);

    private static void Implement(FrontEndCommandBase cmdlet, object implementation) =>
        typeof(FrontEndCommandBase).GetField("implementation", Instance)!.SetValue(cmdlet, implementation);

    private static object New(string type, params object[] arguments) =>
        Activator.CreateInstance(TypeOf(type), Instance, null, arguments, null)!;

    private static Type TypeOf(string name) => Engine.GetType(name, throwOnError: true)!;
}
