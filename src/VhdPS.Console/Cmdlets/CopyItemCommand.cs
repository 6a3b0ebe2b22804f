using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Copy, "Item", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class CopyItemCommand : DestinationCommandBase
{
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    protected override IEnumerable<object> ProcessPath(string path) =>
        InvokeProvider.Item.Copy([path], Destination, Recurse, CopyContainers.CopyTargetContainer, Force, IsLiteral);
}
