using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Compare;

namespace VhdPS.Commands;

/// <summary>Reads virtual sectors.</summary>
[Cmdlet(VerbsCommunications.Read, "VpcSector", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcSector), typeof(byte[]))]
public sealed class ReadVpcSectorCommand : VpcDiskCommandBase
{
    private const string ComparedSet = "Compared";
    private const int MaxChunkBytes = 2 * 1024 * 1024;

    /// <summary>What is read before any of it is emitted, so that a later command of the pipeline can write to the image.</summary>
    private const long MaxHeldBytes = 16 * 1024 * 1024;

    /// <summary>The first virtual sector.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, long.MaxValue)]
    public long Sector { get; set; }

    /// <summary>How many sectors.</summary>
    /// <remarks>A property of this name comes before the alias: of blocks the count is one of blocks.</remarks>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [Alias("Count")]
    [ValidateRange(1, long.MaxValue)]
    public long SectorCount { get; set; } = 1;

    /// <summary>The file that a comparison compared with, as its outputs name it.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ComparedSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string ReferencePath { get; set; } = string.Empty;

    /// <summary>The file that a comparison compared, as its outputs name it.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ComparedSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string DifferencePath { get; set; } = string.Empty;

    /// <summary>Which of the two that a comparison names is read.</summary>
    [Parameter(ParameterSetName = ComparedSet)]
    [SingleValue]
    [ValidateSet(nameof(ComparisonSide.Reference), nameof(ComparisonSide.Difference))]
    public ComparisonSide Side { get; set; } = ComparisonSide.Reference;

    /// <summary>The bytes alone, in arrays of at most 2 MiB.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>What the file is read as: an image, or a raw disk. Never guessed.</summary>
    [Parameter]
    [SingleValue]
    public SourceFormat SourceFormat { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
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

    /// <inheritdoc/>
    private protected override bool TakesAddresses => true;

    private protected override string[] NamedPaths => ParameterSetName != ComparedSet ? base.NamedPaths
        : Side == ComparisonSide.Difference ? [DifferencePath]
        : [ReferencePath];

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => Open(path), out DiskSource source))
        {
            return;
        }

        using (source)
        {
            ReportSource(source);
            if (!TryRun(path, () => source.ThrowIfPastEnd(Sector, SectorCount)))
            {
                return;
            }

            if (Raw)
            {
                Emit(path, source, ReadRaw(source), WriteObject);
            }
            else
            {
                Emit(path, source, ReadRuns(source), Write);
            }
        }
    }

    /// <summary>Writes what is read; where it is little, when the source is closed.</summary>
    private void Emit<T>(string path, DiskSource source, IEnumerable<T> read, Action<T> write)
    {
        if (SectorCount > MaxHeldBytes / source.LogicalSectorSize)
        {
            WriteAll(path, read, write);
            ReportLost(path, source.LostRanges);
            return;
        }

        var held = new List<T>();
        WriteAll(path, read, held.Add);
        IReadOnlyList<LostRange> lost = source.LostRanges;
        source.Dispose();
        held.ForEach(write);
        ReportLost(path, lost);
    }

    private DiskSource Open(string path) => SourceArguments.Open(
        path, SourceFormat, Options(), SourceArguments.ToClientOptions(TrustedCA, SkipCertificateCheck), Cancellation);

    private VhdOpenOptions Options() =>
        new() { SizeRule = SizeRule, IgnoreBitmap = IgnoreBitmap, Force = Force, Parents = ResolveParents() };

    private void Write(VpcSector sectors)
    {
        ReportSectors(sectors);
        WriteObject(sectors);
    }

    private IEnumerable<VpcSector> ReadRuns(DiskSource source)
    {
        for (long done = 0; done < SectorCount;)
        {
            Cancellation.ThrowIfCancellationRequested();
            ChainRun run = source.ReadRun(Sector + done, ChunkCount(source, done), out byte[] data);
            yield return new VpcSector(source.Path, run, data, source.LogicalSectorSize);
            done += run.Count;
        }
    }

    private IEnumerable<byte[]> ReadRaw(DiskSource source)
    {
        for (long done = 0; done < SectorCount;)
        {
            Cancellation.ThrowIfCancellationRequested();
            int count = ChunkCount(source, done);
            byte[] data = new byte[count * source.LogicalSectorSize];
            source.ReadAt((Sector + done) * source.LogicalSectorSize, data);
            yield return data;
            done += count;
        }
    }

    private int ChunkCount(DiskSource source, long done) => (int)Math.Min(SectorCount - done, MaxChunkBytes / source.LogicalSectorSize);
}
