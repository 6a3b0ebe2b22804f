using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Set, "Location", DefaultParameterSetName = "Path")]
public sealed class SetLocationCommand : PSCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string Path { get; set; } = "~";

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string LiteralPath { get; set; } = "";

    protected override void ProcessRecord() =>
        SessionState.Path.SetLocation(ParameterSetName == "Path" ? Path : WildcardPattern.Escape(LiteralPath));
}
