using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace VhdPS.Console.Hosting;

/// <summary>The engine's view of this process.</summary>
internal sealed class ConsoleHost(ConsoleUserInterface userInterface, Action nestedPrompt) : PSHost
{
    private readonly PSObject _privateData = new(new StreamColors());

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "VhdPS.Console";

    public override Version Version { get; } = typeof(ConsoleHost).Assembly.GetName().Version!;

    public override PSHostUserInterface UI => userInterface;

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    public override PSObject PrivateData => _privateData;

    /// <summary>What <c>exit</c> asked for; null while nobody has.</summary>
    public int? RequestedExitCode { get; private set; }

    /// <summary>Set while a prompt inside a prompt runs, whose <c>exit</c> ends only itself.</summary>
    public bool NestedPromptEnds { get; set; }

    private int NestedPromptDepth { get; set; }

    public override void SetShouldExit(int exitCode)
    {
        if (NestedPromptDepth > 0)
        {
            NestedPromptEnds = true;
        }
        else
        {
            RequestedExitCode = exitCode;
        }
    }

    public override void EnterNestedPrompt()
    {
        NestedPromptDepth++;
        try
        {
            nestedPrompt();
        }
        finally
        {
            NestedPromptDepth--;
            NestedPromptEnds = false;
        }
    }

    public override void ExitNestedPrompt() => NestedPromptEnds = true;

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }
}
