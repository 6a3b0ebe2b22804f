using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet("Sort", "Object")]
public sealed class SortObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _items = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Names, script blocks, or tables with Expression and Descending; the objects themselves where absent.</summary>
    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    [Parameter]
    public SwitchParameter Descending { get; set; }

    /// <summary>Only the first of objects that sort alike.</summary>
    [Parameter]
    public SwitchParameter Unique { get; set; }

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
        (PSObject Item, object?[] Keys)[] keyed = [.. _items.Select(item =>
            (item, selectors.Length == 0 ? [item] : selectors.Select(selector => selector.ValueOf(item)).ToArray()))];
        var comparer = Comparer<object?[]>.Create((left, right) => Compare(left, right, selectors));
        object?[]? previous = null;
        foreach ((PSObject item, object?[] keys) in keyed.OrderBy(pair => pair.Keys, comparer))
        {
            if (!Unique || previous is null || comparer.Compare(previous, keys) != 0)
            {
                WriteObject(item);
            }

            previous = keys;
        }
    }

    private int Compare(object?[] left, object?[] right, PropertySelector[] selectors)
    {
        for (int i = 0; i < left.Length; i++)
        {
            if (!LanguagePrimitives.TryCompare(left[i], right[i], ignoreCase: true, out int order))
            {
                // Values of kinds that have no order between them are ordered as text.
                order = StringComparer.CurrentCultureIgnoreCase.Compare(left[i]?.ToString(), right[i]?.ToString());
            }

            if (order != 0)
            {
                bool isDescending = Descending || (selectors.Length > 0 && selectors[i].IsDescending);
                return isDescending ? -order : order;
            }
        }

        return 0;
    }
}
