using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Select, "Object")]
public sealed class SelectObjectCommand : PSCmdlet
{
    private readonly Queue<PSObject> _last = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private PropertySelector[] _selectors = [];
    private int _skippedCount;
    private int _selectedCount;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Names with wildcards, script blocks, or tables with Name and Expression.</summary>
    [Parameter(Position = 0)]
    public object[] Property { get; set; } = [];

    /// <summary>The property whose value, or each of whose values, is the output.</summary>
    [Parameter]
    public string? ExpandProperty { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? First { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Last { get; set; }

    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    [Parameter]
    public SwitchParameter Unique { get; set; }

    protected override void BeginProcessing()
    {
        _selectors = [.. Property.Select(property => new PropertySelector(property))];
        if (First == 0)
        {
            throw EngineInternals.StopUpstream(this);
        }
    }

    protected override void ProcessRecord()
    {
        if (InputObject is null || _skippedCount++ < Skip)
        {
            return;
        }

        if (Last is not null)
        {
            _last.Enqueue(InputObject);
            if (_last.Count > Last)
            {
                _last.Dequeue();
            }

            return;
        }

        Emit(InputObject);
        if (++_selectedCount == First)
        {
            throw EngineInternals.StopUpstream(this);
        }
    }

    protected override void EndProcessing()
    {
        foreach (PSObject item in _last)
        {
            Emit(item);
        }
    }

    private void Emit(PSObject item)
    {
        PSObject selected = _selectors.Length == 0 ? item : WithSelectedProperties(item);
        if (Unique && !_seen.Add(IdentityOf(selected)))
        {
            return;
        }

        if (ExpandProperty is null)
        {
            WriteObject(selected);
        }
        else if (item.Properties[ExpandProperty] is { } property)
        {
            WriteObject(property.Value, enumerateCollection: true);
        }
        else
        {
            var missing = new PSArgumentException($"The object has no property {ExpandProperty}.");
            WriteError(new ErrorRecord(missing, "ExpandPropertyNotFound", ErrorCategory.InvalidArgument, item));
        }
    }

    private PSObject WithSelectedProperties(PSObject item)
    {
        var selected = new PSObject();
        selected.TypeNames.Insert(0, "Selected." + item.TypeNames[0]);
        foreach ((string name, object? value) in _selectors.SelectMany(selector => selector.Select(item)))
        {
            if (selected.Properties[name] is null)
            {
                selected.Properties.Add(new PSNoteProperty(name, value));
            }
        }

        return selected;
    }

    private static string IdentityOf(PSObject item) => item.BaseObject is PSCustomObject
        ? string.Join('\0', item.Properties.Select(property => $"{property.Name}\0{property.Value}"))
        : item.ToString();
}
