using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Set, "Content", SupportsShouldProcess = true)]
public sealed class SetContentCommand : PSCmdlet, IDisposable
{
    private FileStream? _stream;
    private StreamWriter? _writer;

    [Parameter(Mandatory = true, Position = 0)]
    [Alias("LiteralPath", "PSPath")]
    public string Path { get; set; } = "";

    /// <summary>Lines, or bytes with -AsByteStream.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? Value { get; set; }

    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    public void Dispose()
    {
        _writer?.Dispose();
        _stream?.Dispose();
    }

    protected override void BeginProcessing()
    {
        string file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        if (ShouldProcess(file))
        {
            _stream = File.Create(file);
            _writer = new StreamWriter(_stream);
        }
    }

    protected override void ProcessRecord()
    {
        foreach (object? value in _writer is null ? [] : Value ?? [])
        {
            if (AsByteStream)
            {
                _stream!.WriteByte(LanguagePrimitives.ConvertTo<byte>(value));
            }
            else
            {
                _writer!.Write(LanguagePrimitives.ConvertTo<string>(value) + (NoNewline ? "" : Environment.NewLine));
            }
        }
    }

    protected override void EndProcessing() => Dispose();
}
