using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

/// <summary>A cmdlet that brings each of its paths to one destination, if it is let.</summary>
public abstract class DestinationCommandBase : PathCommandBase
{
    [Parameter(Position = 1, Mandatory = true)]
    public string Destination { get; set; } = "";

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in IsLiteral ? LiteralPath : Path)
        {
            if (ShouldProcess($"{path} to {Destination}"))
            {
                IEnumerable<object> items = Attempt(() => ProcessPath(path));
                WriteObject(PassThru ? items : [], enumerateCollection: true);
            }
        }
    }
}
