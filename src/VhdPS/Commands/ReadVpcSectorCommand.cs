using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Commands;

/// <summary>Reads virtual sectors.</summary>
[Cmdlet(VerbsCommunications.Read, "VpcSector", DefaultParameterSetName = PathSet)]
[OutputType(typeof(VpcSector), typeof(byte[]))]
public sealed class ReadVpcSectorCommand : VpcDiskCommandBase
{
    private const int MaxChunkBytes = 2 * 1024 * 1024;

    /// <summary>The first virtual sector.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateRange(0, long.MaxValue)]
    public long Sector { get; set; }

    /// <summary>How many sectors.</summary>
    [Parameter(Position = 2)]
    [ValidateRange(1, long.MaxValue)]
    public long Count { get; set; } = 1;

    /// <summary>The bytes alone, in arrays of at most 2 MiB.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>What the file is read as: an image, or a raw disk. Never guessed.</summary>
    [Parameter]
    public SourceFormat SourceFormat { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
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
            if (!TryRun(path, () => source.ThrowIfPastEnd(Sector, Count)))
            {
                return;
            }

            if (Raw)
            {
                WriteAll(path, ReadRaw(source));
            }
            else
            {
                WriteAll(path, ReadRuns(source), Write);
            }

            ReportLost(path, source.LostRanges);
        }
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
        for (long done = 0; done < Count;)
        {
            Cancellation.ThrowIfCancellationRequested();
            ChainRun run = source.ReadRun(Sector + done, ChunkCount(source, done), out byte[] data);
            yield return new VpcSector(source.Path, run, data, source.LogicalSectorSize);
            done += run.Count;
        }
    }

    private IEnumerable<byte[]> ReadRaw(DiskSource source)
    {
        for (long done = 0; done < Count;)
        {
            Cancellation.ThrowIfCancellationRequested();
            int count = ChunkCount(source, done);
            byte[] data = new byte[count * source.LogicalSectorSize];
            source.ReadAt((Sector + done) * source.LogicalSectorSize, data);
            yield return data;
            done += count;
        }
    }

    private int ChunkCount(DiskSource source, long done) => (int)Math.Min(Count - done, MaxChunkBytes / source.LogicalSectorSize);
}
