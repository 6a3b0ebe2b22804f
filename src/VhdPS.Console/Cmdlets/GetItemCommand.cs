using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Get, "Item", DefaultParameterSetName = PathSet)]
public sealed class GetItemCommand : PathCommandBase
{
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override IEnumerable<object> ProcessPath(string path) => InvokeProvider.Item.Get([path], Force, IsLiteral);
}
