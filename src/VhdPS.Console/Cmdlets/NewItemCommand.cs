using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.New, "Item", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class NewItemCommand : PathCommandBase
{
    [Parameter]
    public string? Name { get; set; }

    /// <summary>Directory, File, SymbolicLink and whatever else the provider makes.</summary>
    [Parameter]
    [Alias("Type")]
    public string ItemType { get; set; } = "File";

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Target")]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string path in IsLiteral ? LiteralPath : Path)
        {
            string target = Name is null ? path : SessionState.Path.Combine(path, Name);
            if (ShouldProcess(SessionState.Path.GetUnresolvedProviderPathFromPSPath(target), $"Create {ItemType}"))
            {
                WriteObject(Attempt(() => ProcessPath(target)), enumerateCollection: true);
            }
        }
    }

    protected override IEnumerable<object> ProcessPath(string path) =>
        InvokeProvider.Item.New([path], null, ItemType, Value, Force);
}
