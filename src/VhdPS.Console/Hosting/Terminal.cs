using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;

namespace VhdPS.Console.Hosting;

/// <summary>
/// Standard output and standard error, each with or without colour: without where it is not a terminal, where NO_COLOR
/// is set (no-color.org), and on a dumb terminal.
/// </summary>
internal sealed class Terminal
{
    /// <summary>The width of tables where no terminal says otherwise.</summary>
    public const int DefaultColumnCount = 120;

    private readonly Lock _lock = new();
    private readonly ProgressLine _progress = new();

    public Terminal()
    {
        bool wantsColor = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) &&
            Environment.GetEnvironmentVariable("TERM") != "dumb";
        OutputHasColor = wantsColor && !System.Console.IsOutputRedirected;
        ErrorHasColor = wantsColor && !System.Console.IsErrorRedirected;
        if (!wantsColor)
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }
    }

    public bool OutputHasColor { get; }

    private bool ErrorHasColor { get; }

    /// <summary>The terminal's width in columns.</summary>
    public static int ColumnCount
    {
        get
        {
            if (System.Console.IsOutputRedirected)
            {
                return DefaultColumnCount;
            }

            try
            {
                return System.Console.WindowWidth is > 0 and var width ? width : DefaultColumnCount;
            }
            catch (IOException)
            {
                return DefaultColumnCount;
            }
        }
    }

    public void Write(string text)
    {
        lock (_lock)
        {
            _progress.Erase();
            System.Console.Out.Write(PSHostUserInterface.GetOutputString(text, OutputHasColor));
        }
    }

    public void WriteError(string text)
    {
        lock (_lock)
        {
            _progress.Erase();
            string line = PSHostUserInterface.GetOutputString(text, ErrorHasColor);
            // The engine's view of an error has its own colours; a line from elsewhere gets those of errors.
            bool lacksColor = ErrorHasColor && !new StringDecorated(line).IsDecorated;
            System.Console.Error.Write(lacksColor ? PSStyle.Instance.Formatting.Error + line + PSStyle.Instance.Reset : line);
        }
    }

    public void ShowProgress(ProgressRecord record)
    {
        lock (_lock)
        {
            _progress.Show(record, ColumnCount);
        }
    }

    public void EraseProgress()
    {
        lock (_lock)
        {
            _progress.Erase();
        }
    }
}
