using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Copy, "Item", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class CopyItemCommand : PathCommandBase
{
    [Parameter(Position = 1, Mandatory = true)]
    public string Destination { get; set; } = "";

    [Parameter]
    public SwitchParameter Recurse { get; set; }

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

    protected override IEnumerable<object> ProcessPath(string path) =>
        InvokeProvider.Item.Copy([path], Destination, Recurse, CopyContainers.CopyTargetContainer, Force, IsLiteral);
}
