using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace VhdPS.Console.Cmdlets;

/// <summary>What is shown, in a file; the engine calls it for <c>&gt;</c> and <c>&gt;&gt;</c>.</summary>
[Cmdlet(VerbsData.Out, "File", SupportsShouldProcess = true)]
public sealed class OutFileCommand : FrontEndCommandBase
{
    private StreamWriter? _writer;

    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Path", "LiteralPath", "PSPath")]
    public string FilePath { get; set; } = "";

    [Parameter]
    public SwitchParameter Append { get; set; }

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int? Width { get; set; }

    protected override void BeginProcessing()
    {
        string file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(FilePath);
        _writer = ShouldProcess(file) ? new StreamWriter(file, Append) : StreamWriter.Null;
        // Only a table that is to fit a given width is cut; a line of text never is.
        EngineInternals.FormatInto(this, _writer, Width ?? int.MaxValue - 1);
        base.BeginProcessing();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        _writer?.Flush();
    }

    protected override void InternalDispose()
    {
        base.InternalDispose();
        _writer?.Dispose();
    }
}
