using System.Management.Automation;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Commands;

/// <summary>Decodes the footer of an image, its copy at the front, or another of its structures.</summary>
[Cmdlet(VerbsCommon.Get, "VpcFooter", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcFooter), typeof(VpcHeader), typeof(VpcStructure), typeof(byte[]))]
public sealed class GetVpcFooterCommand : VpcPathCommandBase
{
    /// <summary>The copy at the front of a dynamic or differencing image in place of the footer at the end.</summary>
    [Parameter]
    public SwitchParameter Copy { get; set; }

    /// <summary>The bytes as stored in place of the decoded fields.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Another structure of a dynamic or differencing image in place of the footer; of bitmaps and locators each one.</summary>
    [Parameter]
    [SingleValue]
    public FooterStructure Structure { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (Structure != FooterStructure.Footer)
        {
            WriteStructures(path);
            return;
        }

        if (!TryRun(path, () => Read(path), out (StoredFooter Stored, List<Finding> Findings) result))
        {
            return;
        }

        ReportFile(path);
        ReportFindings(path, result.Findings);
        object output = Raw ? result.Stored.Footer.Bytes[..result.Stored.Footer.StoredLength].ToArray()
            : new VpcFooter(path, result.Stored);
        WriteObject(output, enumerateCollection: false);
    }

    private void WriteStructures(string path)
    {
        if (!TryRun(path, () => Open(path), out StructureReader reader))
        {
            return;
        }

        using (reader)
        {
            ReportImage(reader.Layout);
            ReportFindings(path, reader.Layout.Findings);
            IEnumerable<(object Decoded, Func<byte[]> Bytes)> parts = reader.Read(
                Structure, finding => ReportFindings(path, [finding]));
            WriteAll(path, parts, part => WriteObject(Raw ? part.Bytes() : part.Decoded, enumerateCollection: false));
        }
    }

    private StructureReader Open(string path) => Copy
        ? throw new ArgumentException("-Copy is of the footer: leave it out, or -Structure.")
        : new StructureReader(path, Structure);

    private (StoredFooter Stored, List<Finding> Findings) Read(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        FooterPair footers = FooterPair.Read(file);
        var findings = new List<Finding>();
        StoredFooter holding = footers.Choose(findings, force: true) ?? throw new VhdFormatException(path, findings[0]);
        if (!Copy)
        {
            return (footers.End ?? holding, findings);
        }

        if (holding.Footer.DiskType == VhdType.Fixed)
        {
            throw new ArgumentException($"{path}: a fixed image has no copy of its footer.");
        }

        return (footers.Front
            ?? throw new VhdFormatException(path, findings.First(finding => finding.Code == FaultCode.FooterCopyMissing)), findings);
    }
}
