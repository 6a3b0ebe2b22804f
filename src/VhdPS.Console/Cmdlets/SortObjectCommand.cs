using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet("Sort", "Object")]
public sealed class SortObjectCommand : GatheringCommandBase
{
    [Parameter]
    public SwitchParameter Descending { get; set; }

    /// <summary>Only the first of objects that sort alike.</summary>
    [Parameter]
    public SwitchParameter Unique { get; set; }

    private protected override void Process(IReadOnlyList<PSObject> items, PropertySelector[] selectors)
    {
        (PSObject Item, object?[] Keys)[] keyed = [.. items.Select(item =>
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
