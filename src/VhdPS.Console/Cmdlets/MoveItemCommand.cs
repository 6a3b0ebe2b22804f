using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Move, "Item", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class MoveItemCommand : DestinationCommandBase
{
    protected override IEnumerable<object> ProcessPath(string path) =>
        InvokeProvider.Item.Move([path], Destination, Force, IsLiteral);
}
