using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace VhdPS.Tests.Commands;

/// <summary>A host 120 columns wide that keeps what would be shown and answers prompts from a list.</summary>
internal sealed class CapturingHost(CultureInfo culture) : PSHost
{
    private readonly CapturingUserInterface _userInterface = new();

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "VhdPS.Tests";

    public override Version Version { get; } = new(1, 0);

    public override CultureInfo CurrentCulture => culture;

    public override CultureInfo CurrentUICulture => culture;

    public override PSHostUserInterface UI => _userInterface;

    public CapturingUserInterface Prompts => _userInterface;

    /// <summary>The exit code that a script asked for, or null.</summary>
    public int? RequestedExitCode { get; private set; }

    /// <summary>What has been shown since the last call.</summary>
    public string TakeText() => _userInterface.TakeText();

    public override void SetShouldExit(int exitCode) => RequestedExitCode = exitCode;

    public override void EnterNestedPrompt() => throw new PSNotSupportedException();

    public override void ExitNestedPrompt() => throw new PSNotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }
}
