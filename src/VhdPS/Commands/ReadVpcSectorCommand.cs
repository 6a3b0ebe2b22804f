using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Commands;

/// <summary>Reads virtual sectors.</summary>
[Cmdlet(VerbsCommunications.Read, "VpcSector", DefaultParameterSetName = PathSet)]
[OutputType(typeof(VpcSector), typeof(byte[]))]
public sealed class ReadVpcSectorCommand : VpcDiskCommandBase
{
    private const int MaxChunkSectorCount = 2 * 1024 * 1024 / VhdSpec.SectorSize;

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
        if (SourceArguments.IsRemote(path))
        {
            ProcessRemote(path);
            return;
        }

        if (!TryRun(path, () => VhdImage.Open(path, Options()), out VhdImage image))
        {
            return;
        }

        using (image)
        {
            ReportImage(image.Layout);
            ReportFindings(path, image.Layout.Findings);
            if (!TryRun(path, () => image.ThrowIfPastEnd(Sector, Count)))
            {
                return;
            }

            SalvageReader? salvage = Force ? new SalvageReader(image, fill: 0) : null;
            if (Raw)
            {
                WriteAll(path, ReadRaw(image, salvage));
            }
            else
            {
                WriteAll(path, ReadRuns(image, salvage), Write);
            }

            ReportLost(path, salvage?.LostRanges ?? []);
        }
    }

    private void ProcessRemote(string uri)
    {
        if (!TryRun(
            uri,
            () => DiskSource.Connect(uri, SourceArguments.ToClientOptions(TrustedCA, SkipCertificateCheck), Cancellation),
            out DiskSource source))
        {
            return;
        }

        using (source)
        {
            ReportSource(source);
            if (!TryRun(uri, () => ThrowIfPastEnd(source)))
            {
                return;
            }

            if (Raw)
            {
                WriteAll(uri, ReadRemote(source).Select(sectors => sectors.Data));
            }
            else
            {
                WriteAll(uri, ReadRemote(source), Write);
            }
        }
    }

    private void ThrowIfPastEnd(DiskSource source)
    {
        if (Sector > source.SectorCount || Count > source.SectorCount - Sector)
        {
            string what = Count > 1 ? $"sectors {Sector} to {(decimal)Sector + Count - 1} are" : $"sector {Sector} is";
            throw new ArgumentException($"{source.Path}: {what} not on the disk, which has {source.SectorCount} sectors.");
        }
    }

    private IEnumerable<VpcSector> ReadRemote(DiskSource source)
    {
        for (long done = 0; done < Count;)
        {
            Cancellation.ThrowIfCancellationRequested();
            long sector = Sector + done, count = Math.Min(Count - done, MaxChunkSectorCount);
            byte[] data = new byte[count * VhdSpec.SectorSize];
            source.ReadAt(sector * VhdSpec.SectorSize, data);
            yield return new VpcSector(
                source.Path, new ChainRun(sector, count, SectorOrigin.File, source.Path, sector * VhdSpec.SectorSize), data);
            done += count;
        }
    }

    private VhdOpenOptions Options() =>
        new() { SizeRule = SizeRule, IgnoreBitmap = IgnoreBitmap, Force = Force, Parents = ResolveParents() };

    private void Write(VpcSector sectors)
    {
        ReportSectors(sectors);
        WriteObject(sectors);
    }

    private IEnumerable<VpcSector> ReadRuns(VhdImage image, SalvageReader? salvage)
    {
        for (long done = 0; done < Count;)
        {
            Cancellation.ThrowIfCancellationRequested();
            int wanted = (int)Math.Min(Count - done, MaxChunkSectorCount);
            ChainRun run = salvage is null
                ? ChainMap.Read(image, Sector + done, wanted, out byte[] data)
                : salvage.Read(Sector + done, wanted, out data);
            yield return new VpcSector(image.Path, run, data);
            done += run.Count;
        }
    }

    private IEnumerable<byte[]> ReadRaw(VhdImage image, SalvageReader? salvage)
    {
        for (long done = 0; done < Count;)
        {
            Cancellation.ThrowIfCancellationRequested();
            long count = Math.Min(Count - done, MaxChunkSectorCount);
            byte[] data = new byte[count * VhdSpec.SectorSize];
            if (salvage is null)
            {
                image.ReadSectors(Sector + done, data);
            }
            else
            {
                salvage.Read(Sector + done, data);
            }

            yield return data;
            done += count;
        }
    }
}
