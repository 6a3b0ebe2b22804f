using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Compare;

namespace VhdPS.Commands;

/// <summary>
/// Compares disks by content, whatever holds them, or images by how they are made. Without a difference nothing is emitted.
/// </summary>
[Cmdlet(VerbsData.Compare, "VpcImage")]
[OutputType(typeof(VpcDifference), typeof(VpcStructureDifference), typeof(bool))]
public sealed class CompareVpcImageCommand : VpcCommandBase
{
    /// <summary>The file to compare with.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string ReferencePath { get; set; } = string.Empty;

    /// <summary>The files to compare.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName", "LP", "Path")]
    [ImagePath]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string[] DifferencePath { get; set; } = [];

    /// <summary>What the reference file is read as: an image, or a raw disk. Never guessed.</summary>
    [Parameter]
    [SingleValue]
    public SourceFormat ReferenceFormat { get; set; }

    /// <summary>What the difference files are read as: images, or raw disks. Never guessed.</summary>
    [Parameter]
    [SingleValue]
    public SourceFormat DifferenceFormat { get; set; }

    /// <summary>Also the ranges that are equal.</summary>
    [Parameter]
    public SwitchParameter IncludeEqual { get; set; }

    /// <summary>Compares footers, headers and tables field by field in place of the disks.</summary>
    [Parameter]
    public SwitchParameter Structure { get; set; }

    /// <summary>Only whether there is no difference; ends at the first.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Folders in which parents are looked for besides the images' own, with what lies beneath them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FolderCompleter))]
    public string[] ParentSearchPath { get; set; } = [];

    /// <summary>Opens the parents that the images name wherever they lie; network and device paths are never followed.</summary>
    [Parameter]
    public SwitchParameter FollowParentPath { get; set; }

    /// <summary>Takes parents whose unique id is not the one that the image stores.</summary>
    [Parameter]
    public SwitchParameter IgnoreIdMismatch { get; set; }

    /// <summary>Takes the parent of an image that stores no parent id for a raw disk.</summary>
    [Parameter]
    public SwitchParameter RawParent { get; set; }

    /// <summary>Which of the two sizes in a footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Takes every sector of an allocated block of a dynamic image as written, whatever its bitmap says.</summary>
    [Parameter]
    public SwitchParameter IgnoreBitmap { get; set; }

    /// <summary>Reads what can be read of a damaged image; what is lost is zeros, and warned of.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Authorities of which an NBD server must have a certificate; left out, those that the system trusts.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[] TrustedCA { get; set; } = [];

    /// <summary>Takes any certificate of an NBD server: encrypted, but by whom is not known.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>The most bytes that are read from disks a second, all files together; 0 for as fast as can be.</summary>
    [Parameter]
    [ByteSize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    /// <summary>Does the work in a thread job, which is emitted; location and preferences go along.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    private protected override bool IsJob => AsJob;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (TryLeaveToJob())
        {
            return;
        }

        var resolver = new PathResolver(SessionState.Path, takesAddresses: true);
        if (!TryRun(ReferencePath, () => resolver.ResolveLiteral(ReferencePath), out string reference))
        {
            return;
        }

        foreach (string path in DifferencePath)
        {
            if (Cancellation.IsCancellationRequested)
            {
                return;
            }

            if (!TryRun(path, () => resolver.ResolveLiteral(path), out string difference))
            {
                continue;
            }

            if (Structure)
            {
                CompareStructures(reference, difference);
            }
            else
            {
                CompareDisks(reference, difference);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => StartJob();

    private void CompareDisks(string referencePath, string differencePath)
    {
        if (!TryRun(referencePath, () => Open(referencePath, ReferenceFormat), out DiskSource reference))
        {
            return;
        }

        using (reference)
        {
            if (!TryRun(differencePath, () => Open(differencePath, DifferenceFormat), out DiskSource difference))
            {
                return;
            }

            using (difference)
            {
                ReportSource(reference);
                ReportSource(difference);
                if (reference.SizeBytes != difference.SizeBytes)
                {
                    WriteWarning(
                        $"The sizes differ: {referencePath} has {reference.SizeBytes} bytes, {differencePath} {difference.SizeBytes}. "
                            + "Zeros after the end of the smaller count as equal.");
                }

                using CommandProgress progress = BeginProgress("Comparing", differencePath);
                IEnumerable<ComparedRange> ranges = DiskComparison.FindDifferences(reference, difference, progress, Cancellation);
                if (IncludeEqual && !Quiet)
                {
                    ranges = DiskComparison.IncludeEqual(ranges, DiskComparison.SectorCountOf(reference, difference));
                }

                int sectorSize = DiskComparison.SectorSizeOf(reference, difference);
                Emit(differencePath, ranges.Select(range => new VpcDifference(referencePath, differencePath, range, sectorSize)));
                ReportLost(referencePath, reference.LostRanges);
                ReportLost(differencePath, difference.LostRanges);
            }
        }
    }

    private void CompareStructures(string referencePath, string differencePath)
    {
        if (ReferenceFormat == SourceFormat.Raw || DifferenceFormat == SourceFormat.Raw
            || SourceArguments.IsRemote(referencePath) || SourceArguments.IsRemote(differencePath))
        {
            TryRun(differencePath, () => throw new ArgumentException("A raw disk has no structures: leave out -Structure."));
            return;
        }

        ReportFile(referencePath);
        ReportFile(differencePath);
        Emit(differencePath, FindStructures(referencePath, differencePath));
    }

    private IEnumerable<VpcStructureDifference> FindStructures(string referencePath, string differencePath)
    {
        using var reference = LocalImageFile.OpenRead(referencePath);
        using var difference = LocalImageFile.OpenRead(differencePath);
        var options = new LayoutOptions { SizeRule = SizeRule, Force = Force };
        foreach (StructureDifference found in StructureComparison.FindDifferences(reference, difference, options, Cancellation))
        {
            yield return new VpcStructureDifference(referencePath, differencePath, found);
        }
    }

    private void Emit<T>(string path, IEnumerable<T> differences)
    {
        if (!Quiet)
        {
            WriteAll(path, differences);
        }
        else if (TryRun(path, () => !differences.Any(), out bool isEqual))
        {
            WriteObject(isEqual);
        }
    }

    private DiskSource Open(string path, SourceFormat format) => SourceArguments.Open(
        path, format, Options(), SourceArguments.ToClientOptions(TrustedCA, SkipCertificateCheck), Cancellation);

    private VhdOpenOptions Options() => new()
    {
        SizeRule = SizeRule,
        IgnoreBitmap = IgnoreBitmap,
        Force = Force,
        RateLimit = LimitTo(RateLimit),
        Parents = ParentArguments.ToPolicy(
            new PathResolver(SessionState.Path), parentPath: null, ParentSearchPath, FollowParentPath, IgnoreIdMismatch, RawParent),
    };
}
