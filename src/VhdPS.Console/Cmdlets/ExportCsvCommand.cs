using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsData.Export, "Csv", SupportsShouldProcess = true)]
public sealed class ExportCsvCommand : PSCmdlet, IDisposable
{
    private StreamWriter? _writer;
    private string[]? _names;

    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject InputObject { get; set; } = null!;

    [Parameter(Mandatory = true, Position = 0)]
    [Alias("LiteralPath", "PSPath")]
    public string Path { get; set; } = "";

    [Parameter(Position = 1)]
    public char Delimiter { get; set; } = ',';

    /// <summary>Accepted for the sake of older scripts: the line with the type is never written.</summary>
    [Parameter]
    public SwitchParameter NoTypeInformation { get; set; }

    public void Dispose() => _writer?.Dispose();

    protected override void BeginProcessing()
    {
        string file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        _writer = ShouldProcess(file) ? new StreamWriter(file) : null;
    }

    protected override void ProcessRecord()
    {
        if (_names is null)
        {
            _names = [.. CsvFormat.NamesOf(InputObject)];
            _writer?.WriteLine(CsvFormat.HeaderOf(InputObject, Delimiter));
        }

        _writer?.WriteLine(CsvFormat.LineOf(InputObject, _names, Delimiter));
    }

    protected override void EndProcessing() => Dispose();
}
