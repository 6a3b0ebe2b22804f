using System.Collections.ObjectModel;
using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet("Group", "Object")]
public sealed class GroupObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _items = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    [Parameter]
    public SwitchParameter NoElement { get; set; }

    protected override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            _items.Add(InputObject);
        }
    }

    protected override void EndProcessing()
    {
        PropertySelector[] selectors = [.. Property.Select(property => new PropertySelector(property))];
        IEnumerable<IGrouping<string, PSObject>> groups = _items
            .GroupBy(
                item => selectors.Length == 0
                    ? item.ToString()
                    : string.Join(", ", selectors.Select(selector => selector.ValueOf(item)?.ToString())),
                StringComparer.CurrentCultureIgnoreCase)
            .OrderBy(group => group.Key, StringComparer.CurrentCultureIgnoreCase);
        foreach (IGrouping<string, PSObject> group in groups)
        {
            WriteObject(NoElement
                ? ViewedObject.Create("GroupInfoNoElement", ("Count", group.Count()), ("Name", group.Key))
                : ViewedObject.Create(
                    "GroupInfo",
                    ("Count", group.Count()),
                    ("Name", group.Key),
                    ("Group", new Collection<PSObject>([.. group]))));
        }
    }
}
