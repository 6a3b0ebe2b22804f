using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsData.ConvertTo, "Csv")]
public sealed class ConvertToCsvCommand : PSCmdlet
{
    private string[]? _names;

    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = null!;

    [Parameter(Position = 0)]
    public char Delimiter { get; set; } = ',';

    /// <summary>Accepted for the sake of older scripts: the line with the type is never written.</summary>
    [Parameter]
    public SwitchParameter NoTypeInformation { get; set; }

    protected override void ProcessRecord()
    {
        if (_names is null)
        {
            _names = [.. CsvFormat.NamesOf(InputObject)];
            WriteObject(CsvFormat.HeaderOf(InputObject, Delimiter));
        }

        WriteObject(CsvFormat.LineOf(InputObject, _names, Delimiter));
    }
}
