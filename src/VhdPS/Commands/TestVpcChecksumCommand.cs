using System.Management.Automation;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Commands;

/// <summary>Computes the checksums of footer, footer copy and header and compares them with the stored ones.</summary>
[Cmdlet(VerbsDiagnostic.Test, "VpcChecksum", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcChecksumResult), typeof(bool))]
public sealed class TestVpcChecksumCommand : VpcPathCommandBase
{
    /// <summary>Only whether all checksums hold.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Files that are read at once; what is written keeps their order.</summary>
    [Parameter]
    [ValidateRange(1, MaxFilesAtOnce)]
    public int ThrottleLimit { get; set; } = 1;

    /// <inheritdoc/>
    private protected override int FilesAtOnce => ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessFile(string path) => Work(path, "Reading", (_, _) => Read(path), Write);

    private void Write(ChecksumReport report)
    {
        Tell(report.Path, VhdStructure.FooterCopy, report.FooterCopy);
        Tell(report.Path, VhdStructure.DynamicHeader, report.Header);
        Tell(report.Path, VhdStructure.Footer, report.Footer);
        WriteObject(Quiet ? report.IsValid : new VpcChecksumResult(report));
    }

    private void Tell(string path, VhdStructure structure, StructureChecksum? found)
    {
        if (IsDiagnosing && found is { } checksum)
        {
            string verdict = checksum.Stored == checksum.Computed ? "is valid" : $"is wrong: the bytes give 0x{checksum.Computed:X8}";
            ReportStep($"{path}: the checksum 0x{checksum.Stored:X8} of the {structure} {verdict}.");
            WriteDebug($"{path}: {structure} at {VpcFileOffset.Format(checksum.FileOffset)}.");
        }
    }

    private static ChecksumReport Read(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return ChecksumReport.Read(file);
    }
}
