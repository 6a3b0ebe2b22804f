using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsData.Out, "String")]
public sealed class OutStringCommand : FrontEndCommandBase
{
    private readonly StringWriter _text = new();

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int? Width { get; set; }

    /// <summary>A string a line instead of one with all lines.</summary>
    [Parameter]
    public SwitchParameter Stream { get; set; }

    protected override void BeginProcessing()
    {
        EngineInternals.FormatInto(this, _text, Width ?? Host.UI.RawUI.BufferSize.Width);
        base.BeginProcessing();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        string text = _text.ToString();
        if (!Stream)
        {
            WriteObject(text);
            return;
        }

        using var lines = new StringReader(text);
        while (lines.ReadLine() is { } line)
        {
            WriteObject(line);
        }
    }

    protected override void InternalDispose()
    {
        base.InternalDispose();
        _text.Dispose();
    }
}
