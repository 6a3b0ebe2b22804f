using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Nbd.Client;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS.Commands;

/// <summary>
/// Makes a fixed, dynamic, differencing or raw file with the disk of another; zeros are neither read nor written where that is known.
/// </summary>
[Cmdlet(VerbsData.Convert, "VpcImage", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcImage), typeof(FileInfo), typeof(VpcConvertPlan))]
public sealed class ConvertVpcImageCommand : VpcOperationCommandBase
{
    private static readonly string[] RawExtensions = [".raw", ".img", ".dd", ".bin"];

    private readonly DistantParent _distantParent = new();

    private string? _takenTarget;
    private BlockManifest? _manifest;

    /// <summary>
    /// The file to make, a VHDX where its extension is .vhdx, or a folder for it. Left out, the new file lies beside the source,
    /// with the extension of what it is: .vhd, or .raw.
    /// </summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string? DestinationPath { get; set; }

    /// <summary>
    /// What the new file is to be. Left out, the extension .raw, .img, .dd or .bin of -DestinationPath means Raw; else it is
    /// what the source is, and Dynamic for a differencing image or a raw disk. Differencing: what differs from -ParentPath, in its format;
    /// that is the new image's parent then and not the source's.
    /// </summary>
    /// <remarks>Never by property name: an image's own type is what it is, not what the new file is to be.</remarks>
    [Parameter]
    [Alias("VHDFormat")]
    [SingleValue]
    public DiskFormat VhdType { get; set; }

    /// <summary>
    /// What the source is read as: an image, or a raw disk. Never guessed: what a guest wrote on a raw disk can look like an
    /// image, and an image read as a raw disk gives nonsense.
    /// </summary>
    [Parameter]
    [SingleValue]
    public SourceFormat SourceFormat { get; set; }

    /// <summary>
    /// Bytes in a block of a dynamic image, a power of two. Left out, that of a source of the same format, else 2 MiB of a VHD and
    /// 32 MiB of a VHDX.
    /// </summary>
    [Parameter]
    [Alias("BlockSizeBytes")]
    [ByteSize]
    [ArgumentCompleter(typeof(BlockSizeCompleter))]
    public int BlockSize { get; set; }

    /// <summary>Bytes of a sector as the disk in a VHDX shows it, 512 or 4096. Left out, the source's.</summary>
    [Parameter]
    [Alias("LogicalSectorSizeBytes")]
    [ValidateSet("512", "4096")]
    public int LogicalSectorSize { get; set; }

    /// <summary>Bytes of a sector as the disk in a VHDX recommends to write it. Left out, a VHDX source's, else 4096.</summary>
    [Parameter]
    [Alias("PhysicalSectorSizeBytes")]
    [ValidateSet("512", "4096")]
    public int PhysicalSectorSize { get; set; }

    /// <summary>The identity of the new image; random by default.</summary>
    [Parameter]
    public Guid UniqueId { get; set; }

    /// <summary>The time of making; now by default.</summary>
    [Parameter]
    public DateTime TimeStamp { get; set; }

    /// <summary>
    /// Azure: a fixed image of a whole number of MiB, 20 at least, grown with zeros where needed and never cut, and held against
    /// Azure's rules before it takes its place.
    /// </summary>
    [Parameter]
    [ValidateSet(nameof(CheckTarget.Azure))]
    [SingleValue]
    public CheckTarget For { get; set; }

    /// <summary>
    /// Counts clusters that the file systems on the disk call free as zeros: ext2, ext3, ext4, NTFS, FAT16, FAT32 and exFAT, clean ones
    /// only. Files do not change; the bytes of deleted ones are not in the new file.
    /// </summary>
    [Parameter]
    public SwitchParameter FreeSpace { get; set; }

    /// <summary>Leaves the partition table as it is where the disk grows; without it the backup of a GPT moves to the new end.</summary>
    [Parameter]
    public SwitchParameter KeepPartitionTable { get; set; }

    /// <summary>
    /// With -VhdType Differencing, the manifest of -ParentPath, made by Get-VpcHash -BlockManifest: blocks that are equal by it are not
    /// read of the parent.
    /// </summary>
    [Parameter]
    [AllowNull]
    [AllowEmptyCollection]
    public PSObject[]? FromManifest { get; set; }

    /// <summary>Which of the two sizes in the source's footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Takes every sector of an allocated block of a dynamic source as written, whatever its bitmap says.</summary>
    [Parameter]
    public SwitchParameter IgnoreBitmap { get; set; }

    /// <summary>
    /// Does not wait until the new file is on the medium: a power cut within the next minutes can lose it. Never where that would lose
    /// more: over an existing file, with -DeleteSource or with -InPlace.
    /// </summary>
    [Parameter]
    public SwitchParameter NoFlush { get; set; }

    /// <summary>
    /// Copies everything, so that the new file is independent of the source. Without it, what the file system can share (XFS, btrfs)
    /// is shared, and both have it until one is written to.
    /// </summary>
    [Parameter]
    public SwitchParameter NoSharing { get; set; }

    /// <summary>The most bytes that are read from disks a second, all files together; 0 for as fast as can be.</summary>
    [Parameter]
    [ByteSize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    /// <summary>
    /// Takes all that is not known to be zeros by the source's table and holes for data, without reading it: the disk is the same,
    /// and stored zeros come along.
    /// </summary>
    [Parameter]
    public SwitchParameter NoZeroScan { get; set; }

    /// <summary>Reads the new file back and compares it with the source before it takes its place.</summary>
    [Parameter]
    public SwitchParameter Verify { get; set; }

    /// <summary>Deletes the source when the new file is whole.</summary>
    [Parameter]
    public SwitchParameter DeleteSource { get; set; }

    /// <summary>
    /// Changes the file itself, at once whatever its size: a raw disk becomes a fixed image by a footer, a fixed image a raw
    /// disk by taking it off. The file keeps its name.
    /// </summary>
    [Parameter]
    public SwitchParameter InPlace { get; set; }

    /// <summary>Reads what can be read of a damaged image; what is lost is filled, warned of, and listed by -MapFile.</summary>
    [Parameter]
    public SwitchParameter Salvage { get; set; }

    /// <summary>The byte in place of what a salvage has lost; by default zero.</summary>
    [Parameter]
    public byte Fill { get; set; }

    /// <summary>A file that lists what a salvage has read and lost, in the format of GNU ddrescue.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FolderCompleter))]
    public string? MapFile { get; set; }

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
        if (!TryRun(path, CheckSalvage))
        {
            return;
        }

        if (InPlace)
        {
            ConvertInPlace(path);
        }
        else
        {
            ConvertToFile(path);
        }
    }

    private static string Article(DiskFormat format) => format switch
    {
        DiskFormat.Dynamic => "a dynamic image",
        DiskFormat.Fixed => "a fixed image",
        DiskFormat.Differencing => "a differencing image",
        _ => "a raw disk",
    };

    private void ConvertToFile(string path)
    {
        if (!TryRun(path, () => Options(path), out ConvertOptions options)
            || !TryRun(path, () => ConvertOperation.Begin(options), out ConvertOperation operation))
        {
            return;
        }

        using (operation)
        {
            ReportSource(operation.Source);
            VpcFreeSpace[] freeSpace = [.. (operation.FreeSpace?.Partitions ?? []).Select(partition => new VpcFreeSpace(partition))];
            ReportFreeSpace(path, freeSpace);
            if (!TryRun(path, () => CheckMapFile(operation, options.TargetPath), out string? mapPath))
            {
                return;
            }

            if (!TryRun(path, () => Describe(options, operation), out string changes))
            {
                return;
            }

            if (!ShouldProcess(path, changes))
            {
                EmitPlan(() => new VpcConvertPlan(
                    path, changes, options.TargetPath, operation.TargetFormat, operation.SizeBytes, operation.DataBytes,
                    operation.NewSpaceBytes, DeleteSource ? path : null, freeSpace));
                return;
            }

            if (!TryRun(path, () => Run(operation, path), out ConvertResult result))
            {
                return;
            }

            _takenTarget = result.Path;
            ReportLost(path, result.LostRanges, Fill);
            if (mapPath is not null)
            {
                TryRun(path, () => WriteMap(mapPath, result));
            }

            WarnOfSectors(path, operation);
            if (result.Format == DiskFormat.Differencing && _distantParent.WarningOf(result.Path) is { } warning)
            {
                WriteWarning(warning);
            }

            WarnOfSize(result.Path, result.Format, result.SizeBytes);
            ReportPadding(path, operation.SourceSizeBytes, operation.SizeBytes);
            ReportStep(
                $"{result.Path}: {VpcSize.Format(result.CopiedBytes)} of data copied, {VpcSize.Format(result.SharedBytes)} shared with the "
                    + $"source, {VpcSize.Format(result.SizeOnDisk)} on disk.");
            ReportDisk(result.Path, result.Format);
            Emit(result.Path, result.Format, result, freeSpace);
        }
    }

    private void CheckSalvage()
    {
        if (FreeSpace && (Salvage || InPlace))
        {
            throw new ArgumentException("-FreeSpace goes neither with -Salvage nor with -InPlace.");
        }

        if (!Salvage && (IsGiven(nameof(Fill)) || MapFile is not null))
        {
            throw new ArgumentException("-Fill and -MapFile go with -Salvage only.");
        }

        if (Salvage && InPlace)
        {
            throw new ArgumentException("-Salvage makes a new file, and -InPlace none.");
        }
    }

    /// <summary>Where the map is to be; refused before the conversion where it would take the place of anything.</summary>
    private string? CheckMapFile(ConvertOperation operation, string targetPath)
    {
        if (MapFile is null)
        {
            return null;
        }

        string mapPath = new PathResolver(SessionState.Path).ResolveLiteral(MapFile);
        if (string.Equals(mapPath, targetPath, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"{mapPath}: the new disk and its map are one file.");
        }

        if (NoFlush)
        {
            ReplacementFile.ThrowIfReplacedUnsynced(mapPath);
        }

        ReplacementFile.ThrowIfInTheWay(mapPath, Force, operation.SourceIdentity);
        return mapPath;
    }

    private void WriteMap(string mapPath, ConvertResult result)
    {
        using var file = ReplacementFile.Begin(mapPath, Force && !NoFlush);
        file.File.WriteAt(0, System.Text.Encoding.ASCII.GetBytes(RescueMap.Write(result.SizeBytes, result.LostRanges)));
        file.Commit(sync: !NoFlush);
    }

    private ConvertResult Run(ConvertOperation operation, string path)
    {
        using CommandProgress progress = BeginProgress("Converting", path);
        return operation.Run(progress, Cancellation);
    }

    private string Describe(ConvertOptions options, ConvertOperation operation)
    {
        string how = File.Exists(options.TargetPath) ? "replacing" : "making";
        string after = DeleteSource ? ", then delete the source" : string.Empty;

        // Counting looks at every run of the source.
        string space = IsWhatIf ? $" and {VpcSize.Format(operation.NewSpaceBytes)} of new space" : string.Empty;
        if (options.ParentPath is { } parentPath)
        {
            return $"Put what differs from '{parentPath}' into a differencing image of {VpcSize.Format(operation.SizeBytes)} with at most "
                + $"{VpcSize.Format(operation.NewSpaceBytes)} of new space, {how} '{options.TargetPath}'{after}";
        }

        return $"Convert to {Article(operation.TargetFormat)} of {VpcSize.Format(operation.SizeBytes)} with at most "
            + $"{VpcSize.Format(operation.DataBytes)} of data{space}, {how} '{options.TargetPath}'{after}";
    }

    private void ConvertInPlace(string path)
    {
        bool isToRaw = SourceFormat == SourceFormat.Vhd;
        DiskFormat format = isToRaw ? DiskFormat.Raw : DiskFormat.Fixed;
        if (!TryRun(path, () => CheckInPlace(path, format)) || !TryRun(path, () => new FileInfo(path).Length, out long length))
        {
            return;
        }

        if (!TryRun(path, () => CheckInPlace(path, isToRaw), out long size))
        {
            return;
        }

        ReportDisk(path, isToRaw ? DiskFormat.Fixed : DiskFormat.Raw);
        string changes = isToRaw ? "Take the footer off, which leaves a raw disk" : "Add a footer, which makes a fixed image";
        if (!ShouldProcess(path, changes))
        {
            long written = isToRaw ? 0 : VhdSpec.FooterSize;
            EmitPlan(() => new VpcConvertPlan(path, changes, path, format, size, written, written, deletes: null));
            return;
        }

        if (!TryRun(path, () => RunInPlace(path, isToRaw)))
        {
            return;
        }

        ReportDisk(path, format);
        if (!isToRaw)
        {
            ReportPadding(path, length, new FileInfo(path).Length - VhdSpec.FooterSize);
        }

        Emit(path, format);
    }

    private long CheckInPlace(string path, bool isToRaw) => isToRaw
        ? InPlaceConversion.CheckToRaw(path, SizeRule, Force, Children)
        : InPlaceConversion.CheckToFixed(path, For, Force);

    private void RunInPlace(string path, bool isToRaw)
    {
        if (isToRaw)
        {
            InPlaceConversion.ToRaw(path, SizeRule, Force, Children);
        }
        else
        {
            InPlaceConversion.ToFixed(path, For, Force, Guid.NewGuid(), DateTime.UtcNow, KeepPartitionTable);
        }
    }

    private void CheckInPlace(string path, DiskFormat format)
    {
        if (SourceArguments.IsRemote(path))
        {
            throw new ArgumentException($"{path}: -InPlace changes files, and this is the address of a server's disk.");
        }

        if (DestinationPath is not null || DeleteSource || Verify || NoFlush || NoSharing || NoZeroScan)
        {
            throw new ArgumentException(
                $"{path}: -InPlace makes no second file: leave out -DestinationPath, -DeleteSource, -Verify, -NoFlush, -NoSharing "
                    + "and -NoZeroScan.");
        }

        if ((IsGiven(nameof(VhdType)) && VhdType != format) || (For == CheckTarget.Azure && format != DiskFormat.Fixed))
        {
            throw new ArgumentException(
                $"{path}: -InPlace turns a fixed image into a raw disk, or with -SourceFormat Raw a raw disk into a fixed image.");
        }
    }

    private ConvertOptions Options(string path)
    {
        bool isRemote = SourceArguments.IsRemote(path);
        if (isRemote && DeleteSource)
        {
            throw new ArgumentException($"{path}: -DeleteSource deletes files, and this is the address of a server's disk.");
        }

        DiskFormat? format = TargetFormat();
        bool isChild = format == DiskFormat.Differencing;
        ParentPolicy parents = ResolveParents();
        if (isChild && DestinationPath is null)
        {
            throw new ArgumentException($"{path}: -VhdType Differencing makes a file of its own: name it by -DestinationPath.");
        }

        if (!isChild && IsGiven(nameof(FromManifest)))
        {
            throw new ArgumentException($"{path}: -FromManifest goes with -VhdType Differencing.");
        }

        return new ConvertOptions(path, TargetPath(path, format == DiskFormat.Raw))
        {
            OpenSource = isRemote
                ? () => SourceArguments.Open(
                    path, SourceFormat, new VhdOpenOptions { RateLimit = LimitTo(RateLimit) }, ClientOptions(), Cancellation)
                : null,
            Children = Children,
            SourceFormat = SourceFormat,
            TargetFormat = format,
            TargetImageFormat = DestinationPath is not null && ImageName.IsVhdx(DestinationPath) ? VhdFormat.Vhdx : VhdFormat.Vhd,
            BlockSize = IsGiven(nameof(BlockSize)) ? BlockSize : null,
            LogicalSectorSize = IsGiven(nameof(LogicalSectorSize)) ? LogicalSectorSize : null,
            PhysicalSectorSize = IsGiven(nameof(PhysicalSectorSize)) ? PhysicalSectorSize : null,
            FitFor = For,
            KeepPartitionTable = KeepPartitionTable,
            ClearsFreeSpace = FreeSpace,
            SizeRule = SizeRule,
            IgnoreBitmap = IgnoreBitmap,
            Force = Force,
            Salvage = Salvage,
            RateLimit = LimitTo(RateLimit),
            Fill = Fill,
            Parents = isChild ? parents with { ParentPath = null } : parents,
            ParentPath = isChild ? parents.ParentPath : null,
            ParentManifest = isChild ? _manifest ??= ManifestRows.Read(FromManifest ?? []) : null,
            Sync = !NoFlush,
            ShareExtents = !NoSharing,
            FindZeros = !NoZeroScan,
            Verify = Verify,
            DeleteSource = DeleteSource,
            UniqueId = IsGiven(nameof(UniqueId)) ? UniqueId : Guid.NewGuid(),
            TimeStamp = IsGiven(nameof(TimeStamp)) ? TimeStamp : DateTime.UtcNow,
        };
    }

    private NbdClientOptions ClientOptions() => SourceArguments.ToClientOptions(TrustedCA, SkipCertificateCheck);

    private DiskFormat? TargetFormat()
    {
        DiskFormat? asked = IsGiven(nameof(VhdType)) ? VhdType : null;
        return asked
            ?? (For == CheckTarget.Any
                && RawExtensions.Contains(System.IO.Path.GetExtension(DestinationPath), StringComparer.OrdinalIgnoreCase)
                    ? DiskFormat.Raw
                    : null);
    }

    private string TargetPath(string path, bool isRaw)
    {
        bool isRemote = SourceArguments.IsRemote(path);
        string sourceName = isRemote ? SourceArguments.FileName(path) : System.IO.Path.GetFileName(path);
        string name = System.IO.Path.ChangeExtension(sourceName, isRaw ? ".raw" : ".vhd");
        if (DestinationPath is null)
        {
            if (isRemote)
            {
                return new PathResolver(SessionState.Path).ResolveLiteral(name);
            }

            return System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, name);
        }

        string target = new PathResolver(SessionState.Path).ResolveLiteral(DestinationPath);
        if (Directory.Exists(target) || System.IO.Path.EndsInDirectorySeparator(target))
        {
            return System.IO.Path.Combine(target, name);
        }

        ForeignName.ThrowIf(target);

        // With -Force a second source would take the place of the first one's result.
        return target != _takenTarget
            ? target
            : throw new ArgumentException($"{target}: made from another source just now; name a folder for more than one.");
    }

    private void WarnOfSectors(string path, ConvertOperation operation)
    {
        if (operation.ChangesSectorSize)
        {
            WriteWarning(
                $"{path}: the disk has sectors of {operation.Source.LogicalSectorSize} bytes and the new image shows it in sectors of "
                    + $"{operation.LogicalSectorSize}: what counts in sectors, its partition table first, will not be understood.");
        }
    }

    private void WarnOfSize(string path, DiskFormat format, long sizeBytes)
    {
        if (format == DiskFormat.Fixed && sizeBytes > VhdSpec.MaxSize && !ImageName.IsVhdx(path))
        {
            WriteWarning(LargeFixedImage.Warning(path));
        }
    }

    private void ReportPadding(string path, long sizeBytes, long paddedBytes)
    {
        string text = $"{path}: {paddedBytes - sizeBytes} bytes of zeros were added after the disk, which is {paddedBytes} bytes now.";
        if (sizeBytes % VhdSpec.SectorSize != 0 && paddedBytes > sizeBytes)
        {
            WriteWarning(text);
        }
        else if (paddedBytes > sizeBytes)
        {
            ReportStep(text);
        }
    }

    private void ReportDisk(string path, DiskFormat format)
    {
        if (format != DiskFormat.Raw)
        {
            ReportFile(path);
        }
        else if (IsDiagnosing && TryRun(path, () => new FileInfo(path).Length, out long length))
        {
            ReportRaw(path, length);
        }
    }

    private void Emit(string path, DiskFormat format, ConvertResult? result = null, VpcFreeSpace[]? freeSpace = null)
    {
        if (!PassThru)
        {
            return;
        }

        if (format == DiskFormat.Raw)
        {
            WriteObject(WithResult(ProviderItem(path), result, freeSpace));
        }
        else if (TryRun(path, () => VpcImage.Read(path), out VpcImage image))
        {
            WriteObject(WithResult(image, result, freeSpace));
        }
    }

    /// <summary>The new file, with what its making came to; only the result of a salvage says what is lost in it.</summary>
    private PSObject WithResult(object output, ConvertResult? result, VpcFreeSpace[]? freeSpace)
    {
        var emitted = PSObject.AsPSObject(output);
        if (Salvage)
        {
            emitted.Properties.Add(new PSNoteProperty(nameof(ConvertResult.LostRanges), result?.LostRanges ?? []));
        }

        if (FreeSpace)
        {
            emitted.Properties.Add(new PSNoteProperty(nameof(FreeSpace), freeSpace ?? []));
        }

        if (result is not null)
        {
            emitted.Properties.Add(new PSNoteProperty(nameof(ConvertResult.SharedBytes), result.SharedBytes));
            emitted.Properties.Add(new PSNoteProperty(nameof(ConvertResult.CopiedBytes), result.CopiedBytes));
        }

        return emitted;
    }
}
