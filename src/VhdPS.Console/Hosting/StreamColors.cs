using System.Management.Automation;

namespace VhdPS.Console.Hosting;

/// <summary>
/// <c>$Host.PrivateData</c>: the colours that profiles and scripts set there, handed on to <c>$PSStyle</c>, which the
/// engine's own views use.
/// </summary>
public sealed class StreamColors
{
    private ConsoleColor _error = ConsoleColor.Red;
    private ConsoleColor _warning = ConsoleColor.Yellow;
    private ConsoleColor _verbose = ConsoleColor.Yellow;
    private ConsoleColor _debug = ConsoleColor.Yellow;

    public ConsoleColor ErrorForegroundColor
    {
        get => _error;
        set => PSStyle.Instance.Formatting.Error = PSStyle.MapForegroundColorToEscapeSequence(_error = value);
    }

    public ConsoleColor WarningForegroundColor
    {
        get => _warning;
        set => PSStyle.Instance.Formatting.Warning = PSStyle.MapForegroundColorToEscapeSequence(_warning = value);
    }

    public ConsoleColor VerboseForegroundColor
    {
        get => _verbose;
        set => PSStyle.Instance.Formatting.Verbose = PSStyle.MapForegroundColorToEscapeSequence(_verbose = value);
    }

    public ConsoleColor DebugForegroundColor
    {
        get => _debug;
        set => PSStyle.Instance.Formatting.Debug = PSStyle.MapForegroundColorToEscapeSequence(_debug = value);
    }
}
