using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Engine.Partitions;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>
/// Makes a new file with the disk of another, in another form. <see cref="Begin(ConvertOptions)"/> looks and refuses; nothing is written
/// before <see cref="Run"/>.
/// </summary>
public sealed class ConvertOperation : IDisposable
{
    private readonly ConvertOptions _options;
    private readonly DiskSource _source;
    private readonly DiskSource _content;
    private readonly NewParent? _parent;
    private readonly DiskTarget _target;
    private readonly Lazy<SharingPlan> _sharing;
    private readonly Lazy<long> _neededBytes;

    private ConvertOperation(ConvertOptions options, DiskSource source, NewParent? parent)
    {
        _options = options;
        _source = source;
        _parent = parent;
        TargetFormat = options.TargetFormat ?? (options.FitFor == CheckTarget.Azure ? DiskFormat.Fixed : SourceKind(source));
        _target = parent is not null ? ChildOf(parent) : new DiskTargetOptions
        {
            Format = TargetFormat,
            ImageFormat = options.TargetImageFormat,
            SizeBytes = options.FitFor == CheckTarget.Any ? null : FitSize(source.SizeBytes, options.FitFor),
            BlockSize = options.BlockSize,
            LogicalSectorSize = options.LogicalSectorSize,
            PhysicalSectorSize = options.PhysicalSectorSize,
            UniqueId = options.UniqueId,
            TimeStamp = options.TimeStamp,
        }.For(source);
        DiskEnd? end = ReadEnd();
        TableMove = end?.PlanMove(SizeBytes);
        FreeSpace = options.ClearsFreeSpace ? StandaloneDisk.ReadFreeSpace(source, options.Children) : null;
        _content = ChangedDisk.Of(source, SizeBytes, end, TableMove, FreeSpace);
        _content = parent is null ? _content : new ChildContent(_content, parent.Disk);
        DataBytes = parent is null ? source.CountDataBytes(0, source.SizeBytes) : _content.CountDataBytes(0, _content.SizeBytes);
        _sharing = new(() => options.ShareExtents && parent is null ? SharingPlan.Of(_content, options.TargetPath) : SharingPlan.NotWanted);
        _neededBytes = new(CountNeeded);
    }

    /// <summary>What the target will be.</summary>
    public DiskFormat TargetFormat { get; }

    /// <summary>Bytes of a sector as the target shows it; of a raw disk the source's.</summary>
    public int LogicalSectorSize => _target.LogicalSectorSize;

    /// <summary>
    /// Whether the disk will be shown in sectors of another size than the source's: what is on it counts in the source's, so that its
    /// partition tables will not be understood.
    /// </summary>
    public bool ChangesSectorSize => LogicalSectorSize != _source.LogicalSectorSize
        && (_source.ImageFormat is not null || _source.LogicalSectorSize != VhdSpec.SectorSize);

    /// <summary>Bytes of a sector as the source shows it.</summary>
    public int SourceLogicalSectorSize => _source.LogicalSectorSize;

    /// <summary>How the backup of a GPT moves to the end of a disk that gets another size; null where nothing is to be moved.</summary>
    internal GptMove? TableMove { get; }

    /// <summary>The free space that counts as zeros; null where it was not asked for.</summary>
    internal FreeSpaceMap? FreeSpace { get; }

    /// <summary>What departs from the specification in the source, as far as opening looks.</summary>
    public IReadOnlyList<Finding> SourceFindings => _source.Findings;

    /// <summary>The source, for describing it.</summary>
    public DiskSource Source => _source;

    /// <summary>Bytes in a block of a target that is an image.</summary>
    public int BlockSize => _target.BlockSize;

    /// <summary>The target's virtual size in bytes.</summary>
    public long SizeBytes => _target.SizeBytes;

    /// <summary>The source's virtual size in bytes.</summary>
    public long SourceSizeBytes => _source.SizeBytes;

    /// <summary>Bytes that must be read: the rest is known to be zeros.</summary>
    public long DataBytes { get; }

    /// <summary>The most new space that the target can need, in bytes: what it shares with the source needs none.</summary>
    /// <exception cref="VhdFormatException">A block of the source cannot be found.</exception>
    public long NewSpaceBytes => _neededBytes.Value;

    /// <summary>Whether the target will share extents with the source, as far as the file system says before the work.</summary>
    public bool SharesExtents => _sharing.Value.Refusal is null;

    /// <summary>Where everything lies in the source; null for a raw disk.</summary>
    internal ImageLayout? SourceLayout => _source.Layout;

    /// <summary>What distinguishes the source's file from every other.</summary>
    internal FileIdentity SourceIdentity => _source.Identity;

    /// <summary>Opens the source and refuses what can be refused before the work.</summary>
    /// <exception cref="VhdFormatException">The source cannot be read.</exception>
    /// <exception cref="VhdOperationException">The target is in the way or is the source, a machine's state is saved, or free space is
    /// short.</exception>
    /// <exception cref="ArgumentException">Size or block size are out of their range.</exception>
    public static ConvertOperation Begin(ConvertOptions options)
    {
        DiskSource source = options.OpenSource?.Invoke() ?? DiskSource.Open(
            options.SourcePath,
            options.SourceFormat,
            new VhdOpenOptions
            {
                SizeRule = options.SizeRule,
                IgnoreBitmap = options.IgnoreBitmap,
                AllowDeviceInUse = options.Force,
                RateLimit = options.RateLimit,
                Force = options.Salvage,
                Fill = options.Fill,
                Parents = options.Parents
            });
        return Begin(options, source);
    }

    /// <summary>Takes an open source, and owns it from then on, also when it is refused.</summary>
    internal static ConvertOperation Begin(ConvertOptions options, DiskSource source)
    {
        NewParent? parent = null;
        try
        {
            parent = OpenParent(options);
            var operation = new ConvertOperation(options, source, parent);
            operation.Check();
            return operation;
        }
        catch
        {
            parent?.Dispose();
            source.Dispose();
            throw;
        }
    }

    /// <summary>Makes the target; when that fails or is cancelled, the target is as it was.</summary>
    /// <exception cref="VhdFormatException">A sector of the source cannot be found.</exception>
    /// <exception cref="ImageInUseException">The source was changed meanwhile.</exception>
    /// <exception cref="ImageIOException">A file could not be read or written, or the target does not have the content that it
    /// should.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ConvertResult Run(IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        long verifiedBytes = _options.Verify ? Math.Max(_source.SizeBytes, SizeBytes) : 0;
        long totalBytes = DataBytes + verifiedBytes;
        using var target = ReplacementFile.Begin(
            _options.TargetPath, _options.Force && _options.Sync, _source.FilePaths.Concat(_parent?.Disk.FilePaths ?? []));
        foreach (string warning in target.Warnings)
        {
            progress?.Report(new WorkProgress(0, totalBytes) { Warning = warning });
        }

        if (TableMove is { Reason.Length: > 0, Verdict: not GptMoveVerdict.NotNeeded })
        {
            progress?.Report(new WorkProgress(0, totalBytes) { Warning = $"The partition table is left as it is: {TableMove.Reason}" });
        }

        ExtentSharing? sharing = _sharing.Value.Begin(target.File);
        DiskWriter writer = _target.CreateWriter(target.File, sharing, _options.FindZeros);
        progress?.Report(new WorkProgress(0, totalBytes) { Step = DescribeCopy(target.File.Path) });
        DiskCopy.Run(_content, writer, progress, totalBytes, _options.Sync, cancellation);
        if (sharing?.Note is { } note)
        {
            progress?.Report(new WorkProgress(DataBytes, totalBytes) { Step = note });
        }

        if (_options.Verify)
        {
            Verify(target.File, progress, totalBytes, cancellation);
        }

        _content.ThrowIfChanged();
        if (_options.FitFor != CheckTarget.Any)
        {
            progress?.Report(
                new WorkProgress(totalBytes, totalBytes) { Step = $"Holding the new file against the rules of {_options.FitFor}" });
        }

        ThrowIfUnfit(target.File);
        long fileSize = target.File.Length, sizeOnDisk = target.File.SizeOnDisk;
        progress?.Report(new WorkProgress(totalBytes, totalBytes) { Step = $"Giving the new file its name '{_options.TargetPath}'" });
        target.Commit(_options.Sync);
        progress?.Report(new WorkProgress(totalBytes, totalBytes));
        if (_options.DeleteSource)
        {
            // Looked at again at the last moment: what came to the source since is in no other file.
            _source.ThrowIfChanged();
            progress?.Report(new WorkProgress(totalBytes, totalBytes) { Step = "Deleting the source" });
            _source.DeleteFile();
        }

        IReadOnlyList<LostRange> lost = _source.LostRanges;
        _source.Dispose();

        return new ConvertResult(_options.TargetPath, TargetFormat, SizeBytes, fileSize, sizeOnDisk, writer.WrittenBytes)
        {
            LostRanges = lost,
            SharedBytes = writer.WrittenBytes - writer.CopiedBytes,
        };
    }

    /// <summary>Closes the source.</summary>
    public void Dispose()
    {
        _parent?.Dispose();
        _source.Dispose();
    }

    /// <summary>The size of an image for a disk of <paramref name="sizeBytes"/> bytes: never less.</summary>
    internal static long FitSize(long sizeBytes, CheckTarget target) => target == CheckTarget.Azure
        ? Math.Max(AzureRules.MinSize, VhdSpec.RoundUp(sizeBytes, AzureRules.Mebibyte))
        : VhdSpec.RoundUp(sizeBytes, VhdSpec.SectorSize);

    private static NewParent? OpenParent(ConvertOptions options)
    {
        if (options.TargetFormat != DiskFormat.Differencing)
        {
            return options.ParentPath is null && options.ParentManifest is null
                ? null
                : throw new ArgumentException($"{options.TargetPath}: only a differencing image has a parent.");
        }

        if (options.ParentPath is null)
        {
            throw new ArgumentException($"{options.TargetPath}: a differencing image needs a parent.");
        }

        return options.Salvage
            ? throw new ArgumentException(
                $"{options.TargetPath}: what a salvage has lost would hide the parent's data: salvage into an image that stands alone.")
            : NewParent.Open(options.ParentPath, options);
    }

    private DiskTarget ChildOf(NewParent parent)
    {
        if (_options.TargetImageFormat == VhdFormat.Vhdx)
        {
            return VhdxChildOf(parent);
        }

        long sizeBytes = VhdSpec.RoundUp(_source.SizeBytes, VhdSpec.SectorSize);
        if ((_options.LogicalSectorSize ?? _options.PhysicalSectorSize ?? VhdSpec.SectorSize) != VhdSpec.SectorSize)
        {
            throw new ArgumentException("Only a VHDX has sectors of another size than 512 bytes.");
        }

        var child = new NewChild(_options.ParentPath!)
        {
            BlockSize = _options.BlockSize,
            SizeBytes = sizeBytes,
            UniqueId = _options.UniqueId,
            TimeStamp = _options.TimeStamp,
        };
        return new ChildTarget(parent, child) { Format = DiskFormat.Differencing, SizeBytes = sizeBytes };
    }

    private VhdxChildTarget VhdxChildOf(NewParent parent)
    {
        int sectorSize = parent.Disk.LogicalSectorSize;
        if ((_options.LogicalSectorSize ?? _source.LogicalSectorSize) != sectorSize)
        {
            throw new ArgumentException(
                $"{_options.TargetPath}: a child has sectors of its parent's size, {sectorSize} bytes, and the disk is to have "
                    + $"{_options.LogicalSectorSize ?? _source.LogicalSectorSize}.");
        }

        var image = new NewVhdx(_source.SizeBytes)
        {
            VhdType = VhdType.Differencing,
            BlockSizeBytes = _options.BlockSize,
            LogicalSectorSize = sectorSize,
            PhysicalSectorSize = _options.PhysicalSectorSize ?? Math.Max(sectorSize, parent.Disk.PhysicalSectorSize),
            UniqueId = _options.UniqueId,
            TimeStamp = _options.TimeStamp,
            ParentLocator = VhdxParentLink.Between(_options.TargetPath, parent.Disk.Path, parent.Disk.Image!.Id),
        };
        image.Validate();
        return new VhdxChildTarget(parent, image) { Format = DiskFormat.Differencing, SizeBytes = image.DiskSize };
    }

    private DiskEnd? ReadEnd()
    {
        bool isAsked = SizeBytes != _source.SizeBytes || _options.FitFor != CheckTarget.Any;
        return isAsked && !_options.KeepPartitionTable && !ChangesSectorSize ? DiskEnd.Read(new DiskSourceReader(_source)) : null;
    }

    private static DiskFormat SourceKind(DiskSource source) =>
        source.ImageType == VhdType.Fixed ? DiskFormat.Fixed : DiskFormat.Dynamic;

    private void Check()
    {
        if (_options.Salvage && _options.DeleteSource)
        {
            throw new ArgumentException($"{_source.Path}: the source of a salvage is not deleted: it may hold more than was read.");
        }

        if (!_options.Sync && _options.DeleteSource)
        {
            throw new ArgumentException($"{_source.Path}: the source is not deleted where the new file is not synced.");
        }

        if (!_options.Sync)
        {
            ReplacementFile.ThrowIfReplacedUnsynced(_options.TargetPath);
        }

        ThrowIfTailWouldBeDeleted();
        if (_options.DeleteSource && _source.Layout is { } layout)
        {
            LostBlockGuard.ThrowIfAny(_source.File, layout);
        }

        if (_options.FitFor == CheckTarget.Azure && (TargetFormat != DiskFormat.Fixed || _options.TargetImageFormat != VhdFormat.Vhd))
        {
            throw new ArgumentException($"{_options.TargetPath}: Azure takes fixed VHD images only.");
        }

        _target.Validate();
        if (_options.DeleteSource && _parent?.DependsOn(_source.Identity) == true)
        {
            throw new VhdOperationException(
                _source.Path, OperationError.SameFile, "the source is the new image's parent or an ancestor of it, and would be deleted.");
        }

        if (_options.DeleteSource && !_source.IsDeletable)
        {
            throw new ArgumentException($"{_options.SourcePath}: the source is no file that could be deleted.");
        }

        if (!_options.Force)
        {
            _source.ThrowIfStateSaved();
            if (_options.DeleteSource && _source.Image is { } image)
            {
                (_options.Children ?? new ChildIndex(_options.Parents.SearchFolders)).ThrowIfAny(
                    _source.Path, image, _source.Identity, "which would be deleted");
            }
        }

        _parent?.ThrowIfPartOf(_options.TargetPath);
        ReplacementFile.ThrowIfInTheWay(_options.TargetPath, _options.Force, _source.Identity);
        if (!_options.Force)
        {
            // What needs no new space is not looked for where there is enough for all.
            long mostBytes = _parent is null ? CountUnshared() : _target.StructureBytes;
            VolumeSpace.ThrowIfLess(
                _options.TargetPath, _parent is null && VolumeSpace.HasLess(_options.TargetPath, mostBytes) ? NewSpaceBytes : mostBytes);
            VolumeSpace.ThrowIfTooLong(_options.TargetPath, TargetFormat switch
            {
                DiskFormat.Dynamic or DiskFormat.Differencing => mostBytes,
                _ => SizeBytes + _target.StructureBytes,
            });
        }
    }

    /// <summary>Refuses to delete a source of which only the smaller of its footer's two sizes was read.</summary>
    private void ThrowIfTailWouldBeDeleted()
    {
        if (!_options.DeleteSource || _source.Layout is not { StoredFooter: not null } layout
            || layout.Size.SizeBytes >= layout.Footer.CurrentSize
            || (layout.VhdType != VhdType.Fixed && layout.BlocksPastDisk.Count == 0))
        {
            return;
        }

        throw new VhdOperationException(
            _source.Path, OperationError.DataWouldBeLost,
            $"the disk is read as {layout.Size.SizeBytes} bytes by {layout.Size}, and the footer has a larger size of "
                + $"{layout.Footer.CurrentSize} bytes whose end would be deleted with the file. Convert by the current size, or keep it.");
    }

    private string DescribeCopy(string path)
    {
        if (_parent is not null)
        {
            string how = _parent.Manifest is null ? string.Empty : ", of which blocks that are equal by the manifest are not read";
            return $"Copying what differs from '{_parent.Disk.Path}'{how} to '{path}'";
        }

        string what = _options.FindZeros ? "what is not known to be zeros" : "what is not known to be zeros, stored zeros too,";
        return _sharing.Value.Refusal is { } refusal
            ? $"Copying {what} to '{path}'; nothing is shared with the source: {refusal}"
            : $"Sharing {what} with '{path}', and copying the rest";
    }

    private long CountNeeded()
    {
        long mostBytes = CountUnshared();
        if (!SharesExtents)
        {
            return mostBytes;
        }

        SharingPlan.Outlook outlook = _sharing.Value.LookAt(
            _source, TargetFormat == DiskFormat.Dynamic ? BlockSize : 0, _target.DataAlignment);
        return Math.Min(mostBytes, outlook.CopiedBytes + (outlook.BlockCount * VhdSpec.DataAlignment) + _target.StructureBytes);
    }

    /// <summary>The most that the target can need if all is copied: nothing is known of zeros that the source stores.</summary>
    private long CountUnshared()
    {
        if (_parent is not null)
        {
            return _source.CountDataBytes(0, _source.SizeBytes) + _target.StructureBytes;
        }

        long dataBytes = _source.ImageType == VhdType.Differencing ? DataBytes : Math.Min(DataBytes, _source.SizeOnDisk);

        // Hyper-V refuses sparse files, so none are made on Windows.
        return TargetFormat == DiskFormat.Dynamic ? dataBytes + _target.StructureBytes
            : OperatingSystem.IsWindows() ? SizeBytes
            : dataBytes;
    }

    /// <summary>Holds the new file against the rules of what it is made for.</summary>
    private void ThrowIfUnfit(LocalImageFile file)
    {
        if (_options.FitFor == CheckTarget.Any)
        {
            return;
        }

        CheckReport report = ImageChecker.Check(new NonOwningImageFile(file), new CheckOptions { Target = _options.FitFor });
        if (report.Findings.FirstOrDefault(finding => finding.Severity == Severity.Error) is { } fault)
        {
            throw new VhdFormatException(_options.TargetPath, fault);
        }
    }

    private void Verify(LocalImageFile file, IProgress<WorkProgress>? progress, long totalBytes, CancellationToken cancellation)
    {
        progress?.Report(new WorkProgress(DataBytes, totalBytes) { Step = "Reading the new file back and comparing it with the source" });
        if (_options.Sync)
        {
            file.Flush();
        }

        using DiskSource written = _target.Open(new NonOwningImageFile(file));
        var shifted = progress is null ? null : new OffsetProgress(progress, DataBytes, totalBytes);
        foreach (ComparedRange range in DiskComparison.FindDifferences(_content, written, shifted, cancellation))
        {
            throw new ImageIOException(
                _options.TargetPath,
                ImageIOOperation.Verify,
                range.Sector * DiskComparison.SectorSizeOf(_content, written),
                new IOException($"from sector {range.Sector} on the new file has other content than the source"));
        }
    }
}

/// <summary>Progress of a later part of a work.</summary>
internal sealed class OffsetProgress(IProgress<WorkProgress> whole, long doneBytes, long totalBytes) : IProgress<WorkProgress>
{
    public void Report(WorkProgress value) =>
        whole.Report(value with { DoneBytes = doneBytes + value.DoneBytes, TotalBytes = totalBytes });
}
