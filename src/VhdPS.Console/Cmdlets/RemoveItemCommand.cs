using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Remove, "Item", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class RemoveItemCommand : PathCommandBase
{
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in IsLiteral ? LiteralPath : Path)
        {
            foreach (object item in Attempt(() => InvokeProvider.Item.Get([path], Force, IsLiteral)))
            {
                string itemPath = (string)((PSObject)item).Properties["PSPath"].Value;
                if (ShouldProcess(SessionState.Path.GetUnresolvedProviderPathFromPSPath(itemPath)))
                {
                    Attempt(() => ProcessPath(itemPath));
                }
            }
        }
    }

    protected override IEnumerable<object> ProcessPath(string path)
    {
        if (!Recurse && InvokeProvider.ChildItem.HasChild(path, force: true, literalPath: true))
        {
            throw new PSInvalidOperationException($"{path} is not empty; -Recurse removes it with all that is in it.");
        }

        InvokeProvider.Item.Remove([path], Recurse, Force, literalPath: true);
        return [];
    }
}
