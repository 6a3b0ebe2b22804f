using System.Management.Automation;
using VhdPS.Engine.Storage;

namespace VhdPS.Commands;

/// <summary>Computes the checksums of footer, footer copy and header and compares them with the stored ones.</summary>
[Cmdlet(VerbsDiagnostic.Test, "VpcChecksum", DefaultParameterSetName = PathSet)]
[OutputType(typeof(VpcChecksumResult), typeof(bool))]
public sealed class TestVpcChecksumCommand : VpcPathCommandBase
{
    /// <summary>Only whether all checksums hold.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (TryRun(path, () => Read(path), out ChecksumReport report))
        {
            WriteObject(Quiet ? report.IsValid : new VpcChecksumResult(report));
        }
    }

    private static ChecksumReport Read(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return ChecksumReport.Read(file);
    }
}
