using System.Management.Automation.Host;

namespace VhdPS.Console.Hosting;

/// <summary>Sizes, cursor, colours and keys of the terminal; harmless constants where there is none.</summary>
internal sealed class ConsoleRawUserInterface : PSHostRawUserInterface
{
    private const int DefaultRowCount = 50;

    public override ConsoleColor ForegroundColor
    {
        get => Known(System.Console.ForegroundColor, ConsoleColor.Gray);
        set => System.Console.ForegroundColor = value;
    }

    public override ConsoleColor BackgroundColor
    {
        get => Known(System.Console.BackgroundColor, ConsoleColor.Black);
        set => System.Console.BackgroundColor = value;
    }

    public override Size BufferSize
    {
        get => WindowSize;
        set => throw Unsupported();
    }

    public override Size WindowSize
    {
        get => new(Terminal.ColumnCount, System.Console.IsOutputRedirected ? DefaultRowCount : Math.Max(1, System.Console.WindowHeight));
        set => throw Unsupported();
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates WindowPosition
    {
        get => new(0, 0);
        set => throw Unsupported();
    }

    public override Coordinates CursorPosition
    {
        get
        {
            if (System.Console.IsOutputRedirected || System.Console.IsInputRedirected)
            {
                return new(0, 0);
            }

            (int left, int top) = System.Console.GetCursorPosition();
            return new(left, top);
        }

        set
        {
            if (!System.Console.IsOutputRedirected)
            {
                System.Console.SetCursorPosition(value.X, value.Y);
            }
        }
    }

    public override int CursorSize
    {
        get => 25;
        set
        {
        }
    }

    public override string WindowTitle { get; set; } = "vhdps";

    public override bool KeyAvailable => !System.Console.IsInputRedirected && System.Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        ConsoleKeyInfo key = System.Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        ControlKeyStates states = 0;
        states |= key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? ControlKeyStates.ShiftPressed : 0;
        states |= key.Modifiers.HasFlag(ConsoleModifiers.Alt) ? ControlKeyStates.LeftAltPressed : 0;
        states |= key.Modifiers.HasFlag(ConsoleModifiers.Control) ? ControlKeyStates.LeftCtrlPressed : 0;
        return new KeyInfo((int)key.Key, key.KeyChar, states, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
        {
            System.Console.ReadKey(intercept: true);
        }
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Unsupported();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Unsupported();

    /// <summary>Only clearing the whole screen, which is all that Clear-Host asks for.</summary>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        if (!System.Console.IsOutputRedirected)
        {
            System.Console.Clear();
        }
    }

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
        throw Unsupported();

    /// <summary>On Unix the terminal's own colours are not known, and have a number that is no colour.</summary>
    private static ConsoleColor Known(ConsoleColor color, ConsoleColor otherwise) => Enum.IsDefined(color) ? color : otherwise;

    private static NotSupportedException Unsupported() => new("This host cannot read, size or scroll the terminal's buffer.");
}
