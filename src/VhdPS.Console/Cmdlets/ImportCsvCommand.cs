using System.Management.Automation;
using Microsoft.VisualBasic.FileIO;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsData.Import, "Csv", DefaultParameterSetName = PathSet)]
public sealed class ImportCsvCommand : PathCommandBase
{
    [Parameter(Position = 1)]
    public char Delimiter { get; set; } = ',';

    /// <summary>The names of the columns of a file that has no line with them.</summary>
    [Parameter]
    public string[]? Header { get; set; }

    protected override IEnumerable<object> ProcessPath(string path) => FilesOf(path).SelectMany(Read);

    private IEnumerable<PSObject> Read(string file)
    {
        using var reader = new StreamReader(file);
        try
        {
            return [.. CsvFormat.Read(reader, Delimiter, Header)];
        }
        catch (MalformedLineException e)
        {
            throw new PSInvalidOperationException($"{file}: line {e.LineNumber} is not a line of comma-separated values.", e);
        }
    }
}
