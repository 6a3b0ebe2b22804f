using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Compare;

namespace VhdPS.Commands;

/// <summary>Reads virtual sectors.</summary>
[Cmdlet(VerbsCommunications.Read, "VpcSector", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcSector), typeof(byte[]))]
public sealed class ReadVpcSectorCommand : VpcSourceCommandBase
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

    /// <summary>Takes every sector of an allocated block of a dynamic image as written, whatever its bitmap says.</summary>
    [Parameter]
    public SwitchParameter IgnoreBitmap { get; set; }

    /// <inheritdoc/>
    private protected override string[] NamedPaths => ParameterSetName != ComparedSet ? base.NamedPaths
        : Side == ComparisonSide.Difference ? [DifferencePath]
        : [ReferencePath];

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => Open(path, Options(), Cancellation), out DiskSource source))
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

    /// <inheritdoc/>
    private protected override VhdOpenOptions Options() => base.Options() with { IgnoreBitmap = IgnoreBitmap };

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
