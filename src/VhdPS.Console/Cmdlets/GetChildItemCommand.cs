using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Get, "ChildItem", DefaultParameterSetName = PathSet)]
public sealed class GetChildItemCommand : PathCommandBase
{
    [Parameter(Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public override string[] Path { get; set; } = ["."];

    /// <summary>A wildcard pattern for the names.</summary>
    [Parameter(Position = 1)]
    public string Filter { get; set; } = "*";

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter File { get; set; }

    [Parameter]
    public SwitchParameter Directory { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override IEnumerable<object> ProcessPath(string path)
    {
        var filter = new WildcardPattern(Filter, WildcardOptions.IgnoreCase);
        return InvokeProvider.ChildItem.Get([path], Recurse, Force, IsLiteral).Where(item =>
        {
            bool isContainer = item.Properties["PSIsContainer"]?.Value is true;
            return (!File || !isContainer) && (!Directory || isContainer) &&
                filter.IsMatch(item.Properties["PSChildName"]?.Value as string ?? "");
        });
    }
}
