using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

/// <summary>A cmdlet that must see all objects before it writes the first, and looks at properties of theirs.</summary>
public abstract class GatheringCommandBase : PSCmdlet
{
    private readonly List<PSObject> _items = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Names, script blocks, or tables with Expression and Descending; the objects themselves where absent.</summary>
    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    protected sealed override void ProcessRecord()
    {
        if (InputObject is not null)
        {
            _items.Add(InputObject);
        }
    }

    protected sealed override void EndProcessing() =>
        Process(_items, [.. Property.Select(property => new PropertySelector(property))]);

    /// <summary>Does the work on all objects.</summary>
    private protected abstract void Process(IReadOnlyList<PSObject> items, PropertySelector[] selectors);
}
