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
            var result = new PSObject();
            // The engine has a view of this name.
            result.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.GroupInfo" + (NoElement ? "NoElement" : ""));
            result.Properties.Add(new PSNoteProperty("Count", group.Count()));
            result.Properties.Add(new PSNoteProperty("Name", group.Key));
            if (!NoElement)
            {
                result.Properties.Add(new PSNoteProperty("Group", new Collection<PSObject>([.. group])));
            }

            WriteObject(result);
        }
    }
}
