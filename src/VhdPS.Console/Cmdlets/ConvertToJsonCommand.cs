using System.Management.Automation;
using System.Text;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsData.ConvertTo, "Json")]
public sealed class ConvertToJsonCommand : PSCmdlet
{
    private readonly List<object?> _items = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    /// <summary>How many levels of objects are shown; deeper ones are text.</summary>
    [Parameter]
    [ValidateRange(0, 100)]
    public int Depth { get; set; } = 2;

    [Parameter]
    public SwitchParameter Compress { get; set; }

    [Parameter]
    public SwitchParameter EnumsAsStrings { get; set; }

    /// <summary>An array also where there is one object only.</summary>
    [Parameter]
    public SwitchParameter AsArray { get; set; }

    protected override void ProcessRecord() => _items.Add(InputObject);

    protected override void EndProcessing()
    {
        if (_items.Count == 0)
        {
            return;
        }

        var json = new JsonOutput(Depth, Compress, EnumsAsStrings);
        byte[] text = json.Write(_items.Count == 1 && !AsArray ? _items[0] : _items);
        if (json.WasCut)
        {
            WriteWarning($"Objects deeper than {Depth} levels are shown as text; -Depth shows more.");
        }

        WriteObject(Encoding.UTF8.GetString(text));
    }
}
