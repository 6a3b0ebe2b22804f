using System.Collections.ObjectModel;
using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet("Group", "Object")]
public sealed class GroupObjectCommand : GatheringCommandBase
{
    [Parameter]
    public SwitchParameter NoElement { get; set; }

    private protected override void Process(IReadOnlyList<PSObject> items, PropertySelector[] selectors)
    {
        IEnumerable<IGrouping<string, PSObject>> groups = items
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
