using System.Management.Automation;
using System.Management.Automation.Host;

namespace VhdPS.Console.Hosting;

/// <summary>Writes what the engine has formatted: errors to standard error, everything else to standard output.</summary>
internal sealed partial class ConsoleUserInterface(Terminal terminal, bool canPrompt) : PSHostUserInterface
{
    private readonly ConsoleRawUserInterface _rawUI = new();

    public override PSHostRawUserInterface RawUI => _rawUI;

    public override bool SupportsVirtualTerminal => terminal.OutputHasColor;

    /// <summary>Whether an error has been shown since this was last cleared.</summary>
    public bool ErrorWasShown { get; set; }

    public override void Write(string value) => terminal.Write(value);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        // The engine hands over the raw interface's own colour for the one that the script did not name.
        string foreground = foregroundColor == _rawUI.ForegroundColor ? "" : PSStyle.MapForegroundColorToEscapeSequence(foregroundColor);
        string background = backgroundColor == _rawUI.BackgroundColor ? "" : PSStyle.MapBackgroundColorToEscapeSequence(backgroundColor);
        bool isPlain = foreground.Length + background.Length == 0;
        terminal.Write(isPlain ? value : foreground + background + value + PSStyle.Instance.Reset);
    }

    public override void WriteLine(string value) => terminal.Write(value + Environment.NewLine);

    public override void WriteLine(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        Write(foregroundColor, backgroundColor, value);
        terminal.Write(Environment.NewLine);
    }

    public override void WriteErrorLine(string value)
    {
        ErrorWasShown = true;
        terminal.WriteError(value + Environment.NewLine);
    }

    public override void WriteWarningLine(string message) => WriteStyled(PSStyle.Instance.Formatting.Warning, "WARNING: ", message);

    public override void WriteVerboseLine(string message) => WriteStyled(PSStyle.Instance.Formatting.Verbose, "VERBOSE: ", message);

    public override void WriteDebugLine(string message) => WriteStyled(PSStyle.Instance.Formatting.Debug, "DEBUG: ", message);

    public override void WriteProgress(long sourceId, ProgressRecord record) => terminal.ShowProgress(record);

    private void WriteStyled(string style, string prefix, string message) =>
        terminal.Write(style + prefix + message + PSStyle.Instance.Reset + Environment.NewLine);
}
