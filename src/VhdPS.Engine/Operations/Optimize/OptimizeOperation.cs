using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Partitions;
using VhdPS.Engine.Partitions.FreeSpace;


namespace VhdPS.Engine.Operations.Optimize;

/// <summary>
/// Makes an image as small as its disk allows: drops empty blocks, lays the rest in the order of the disk and
/// on 4 KiB boundaries; of a fixed image it punches the zeros. It stays the same disk, in the same image: id, creator, time
/// and all bytes that are not known are kept.
/// </summary>
public sealed class OptimizeOperation : IDisposable
{
    private readonly OptimizeOptions _options;
    private readonly LocalImageFile _file;
    private readonly VhdImage _image;
    private readonly DiskSource _source;
    private readonly Lazy<SharingPlan> _sharing;
    private DiskSource _content;
    private FreeSpaceMap? _freeSpace;

    private OptimizeOperation(OptimizeOptions options, LocalImageFile file, VhdImage image)
    {
        _options = options;
        _file = file;
        _image = image;
        _source = new ImageDiskSource(file, image);
        _content = _source;
        _sharing = new(() => options.ShareExtents ? SharingPlan.Of(_content, options.Path) : SharingPlan.NotWanted);
    }

    /// <summary>The type of the image.</summary>
    public VhdType VhdType => _image.Layout.VhdType;

    private bool IsQuick => _options.Mode == OptimizeMode.Quick;

    /// <summary>Where everything lies in the file before the work.</summary>
    internal ImageLayout Layout => _image.Layout;

    /// <summary>Why the parent was not asked which blocks it holds too; null where it was, or there is none.</summary>
    public string? ParentNote { get; private set; }

    /// <summary>Opens the image, for this handle alone unless only an estimate is wanted.</summary>
    /// <exception cref="VhdFormatException">The image is too damaged to be written to.</exception>
    /// <exception cref="VhdOperationException">A machine's state is saved.</exception>
    /// <exception cref="ImageInUseException">Someone has it open.</exception>
    public static OptimizeOperation Begin(OptimizeOptions options)
    {
        // By whatever name it is called: the file is replaced, and a link keeps pointing at it.
        LocalImageFile file = options.EstimateOnly ? LocalImageFile.OpenRead(options.Path) : LocalImageFile.OpenToReplace(options.Path);
        file.RateLimit = options.RateLimit;
        OptimizeOperation? operation = null;
        try
        {
            var image = VhdImage.Open(file, new VhdOpenOptions
            {
                ForWriting = !options.EstimateOnly,
                Parents = options.Parents,
                SizeRule = LargerSize.RuleFor(file),
            });
            operation = new OptimizeOperation(options, file, image);
            if (!options.Force)
            {
                operation._source.ThrowIfStateSaved();
            }

            if (options.ClearsFreeSpace)
            {
                FreeSpaceMap freeSpace = StandaloneDisk.ReadFreeSpace(operation._source, options.Children);
                operation._freeSpace = freeSpace;
                operation._content = ChangedDisk.Of(operation._source, sizeBytes: 0, end: null, move: null, freeSpace);
            }

            return operation;
        }
        catch
        {
            operation?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Does the work, or counts what it would come to; when it fails or is cancelled, the disk and its image are as they
    /// were.</summary>
    /// <exception cref="VhdFormatException">A block cannot be found.</exception>
    /// <exception cref="VhdOperationException">The volume has not enough free space for the copy, or the file holds blocks that no table
    /// entry names.</exception>
    /// <exception cref="ImageIOException">The file could not be read, or the new one not be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public OptimizeResult Run(IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (!_options.DropLostBlocks)
        {
            LostBlockGuard.ThrowIfAny(_file, _image.Layout, _image.Map.Table, cancellation);
        }

        if (VhdType != VhdType.Fixed)
        {
            ReplacementFile.ThrowIfLinked(_file);
            if (!_options.Force)
            {
                long most = NeededBytes;
                VolumeSpace.ThrowIfLess(
                    _options.Path, VolumeSpace.HasLess(_options.Path, most) ? Math.Min(most, CountCopied(_sharing.Value)) : most);
            }
        }

        OptimizeResult result = VhdType == VhdType.Fixed ? Punch(progress, cancellation)
            : _options.EstimateOnly ? Estimate(progress, cancellation)
            : Replace(progress, cancellation);
        return result with { FreeSpace = _freeSpace?.Partitions ?? [] };
    }

    /// <summary>
    /// The same without a second file: blocks move within their own, and are put in order where that is asked for; of free space only
    /// whole blocks go. A fixed image is always made smaller in place.
    /// </summary>
    /// <exception cref="VhdFormatException">The image is too damaged to be written to, or its parent is not there to be asked.</exception>
    /// <exception cref="VhdOperationException">A machine's state is saved; of free space, the image has a parent or children; to order
    /// the blocks, the volume is too full.</exception>
    /// <exception cref="ImageIOException">The file could not be read or written; the image is sound.</exception>
    public static OptimizeResult RunInPlace(
        OptimizeOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        FileState before = FileState.Read(options.Path);
        if (before.VhdType == VhdType.Fixed)
        {
            using OptimizeOperation operation = Begin(options);
            return operation.Run(progress, cancellation);
        }

        var compaction = new CompactionOptions
        {
            ReadsData = options.Mode == OptimizeMode.Full,
            Orders = options.OrdersBlocks,
            Force = options.Force,
            RateLimit = options.RateLimit,
            DropLostBlocks = options.DropLostBlocks,
            ClearsFreeSpace = options.ClearsFreeSpace,
            Children = options.Children,
            Parents = options.Parents,
        };
        CompactionResult result = options.EstimateOnly
            ? InPlaceCompaction.Plan(options.Path, compaction, progress, cancellation)
            : InPlaceCompaction.Run(options.Path, compaction, progress, cancellation);
        return new OptimizeResult(options.Path, before.VhdType, options.EstimateOnly)
        {
            FileSizeBefore = result.FileLengthBefore,
            FileSizeAfter = result.FileLengthAfter,
            SizeOnDiskBefore = before.SizeOnDisk,
            SizeOnDiskAfter = options.EstimateOnly
                ? Math.Min(before.SizeOnDisk, result.FileLengthAfter)
                : FileState.Read(options.Path).SizeOnDisk,
            BlockCountBefore = before.BlockCount,
            BlockCountAfter = before.BlockCount - result.DroppedBlockCount,
            MovedBytes = result.MovedBytes,
            SpareBytes = result.SpareBytes,
            FreeSpace = result.FreeSpace,
        };
    }

    /// <summary>Closes the image.</summary>
    public void Dispose() => _source.Dispose();

    private readonly record struct FileState(VhdType VhdType, long SizeOnDisk, int BlockCount)
    {
        public static FileState Read(string path)
        {
            using var file = LocalImageFile.OpenRead(path);
            var layout = ImageLayout.Read(file);
            return layout.FindBlockingFinding(forWriting: false) is { } refusal
                ? throw new VhdFormatException(path, refusal)
                : new FileState(
                    layout.VhdType, file.SizeOnDisk, layout.Header is null ? 0 : SectorMap.ReadTable(file, layout).CountAllocated());
        }
    }

    private OptimizeResult Replace(IProgress<WorkProgress>? progress, CancellationToken cancellation) =>
        TryReplace(isPacked: false, progress, cancellation) ?? TryReplace(isPacked: true, progress, cancellation)
            ?? Unchanged(Describe(_image.Map.Table!.CountAllocated(), _file.SizeOnDisk, _file.Length, isEstimate: false));

    /// <summary>Null where the new file would be larger than the image, which is left as it is then.</summary>
    private OptimizeResult? TryReplace(bool isPacked, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        SharingPlan plan = _sharing.Value;
        using var target = ReplacementFile.BeginFor(_file, allowsLoss: _options.Force);
        foreach (string warning in isPacked ? [] : target.Warnings)
        {
            progress?.Report(new WorkProgress(0, _source.SizeBytes) { Warning = warning });
        }

        ImageBuilder assembly = ReplacementImageBuilder.Begin(target.File, _file, _image.Layout, isPacked);
        progress?.Report(new WorkProgress(0, _source.SizeBytes)
        {
            Step = "Writing the blocks that are needed to a new file beside the image, in the order of the disk",
        });
        ExtentSharing? sharing = plan.Begin(target.File);
        (long dataBytes, long copiedBytes) = Copy(target.File, assembly, sharing, progress, cancellation);
        ReportSharing(plan, sharing, progress);
        _source.ThrowIfChanged();
        if (target.File.Length > _file.Length)
        {
            return null;
        }

        OptimizeResult result = Describe(
            assembly.Table.CountAllocated(), target.File.SizeOnDisk, target.File.Length, isEstimate: false) with
        {
            SharedBytes = dataBytes - copiedBytes,
            CopiedBytes = copiedBytes,
        };
        progress?.Report(new WorkProgress(1, 1) { Step = "Giving the new file the name and place of the old one" });

        // The image stays locked until the new file has its name: a writer who waits for it must find the new one.
        target.Commit(_options.Sync);
        _source.Dispose();
        return result;
    }

    /// <summary>The most bytes that the new file can need; 0 for a fixed image.</summary>
    internal long NeededBytes => VhdType == VhdType.Fixed ? 0
        : Math.Min(_file.SizeOnDisk, (long)_image.Map.Table!.CountAllocated() * _image.Layout.BlockSpan) + _image.Layout.StructuresEnd;

    private static void ReportSharing(SharingPlan plan, ExtentSharing? sharing, IProgress<WorkProgress>? progress)
    {
        if ((plan.Refusal is { } refusal ? $"Nothing is shared with the old file: {refusal}" : sharing?.Note) is { } note)
        {
            progress?.Report(new WorkProgress(1, 1) { Step = note });
        }
    }

    /// <summary>New space that is needed where extents are shared.</summary>
    private long CountCopied(SharingPlan plan)
    {
        ImageLayout layout = _image.Layout;
        BlockAllocationTable table = _image.Map.Table!;
        long copied = layout.StructuresEnd;
        for (int blockIndex = 0; blockIndex < table.Count; blockIndex++)
        {
            uint entry = table[blockIndex];
            if (entry == VhdSpec.UnusedEntry)
            {
                continue;
            }

            bool canShare = plan.Refusal is null && VhdSpec.DataAlignment % plan.ClusterBytes == 0
                && layout.DataOffset(entry) % plan.ClusterBytes == 0 && layout.BlockSize >= ExtentSharing.LeastBytes
                && (VhdType == VhdType.Dynamic || _image.Map.Bitmaps!.Get(blockIndex, entry) is null);
            copied += canShare ? VhdSpec.DataAlignment : layout.BlockSpan;
        }

        return copied;
    }

    private OptimizeResult Estimate(IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        progress?.Report(new WorkProgress(0, _source.SizeBytes) { Step = "Counting what would be left; nothing is written" });
        OptimizeResult result = Estimate(isPacked: false, progress, cancellation);
        result = result.SavedBytes < 0 ? Estimate(isPacked: true, progress, cancellation) : result;
        return result.SavedBytes < 0 ? Unchanged(result) : result;
    }

    private OptimizeResult Estimate(bool isPacked, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var target = new DiscardedImageFile(_options.Path);
        ImageBuilder assembly = ReplacementImageBuilder.Begin(target, _file, _image.Layout, isPacked);
        long written = IsQuick && VhdType == VhdType.Dynamic
            ? PlaceKept(assembly, cancellation)
            : Copy(target, assembly, sharing: null, progress, cancellation).DataBytes;
        SharingPlan plan = _sharing.Value;
        long copied = plan.Refusal is null ? Math.Min(written, CountCopied(plan)) : written;
        return Describe(assembly.Table.CountAllocated(), written, assembly.Length, isEstimate: true) with
        {
            SharedBytes = written - copied,
            CopiedBytes = copied,
        };
    }

    private OptimizeResult Describe(int blockCountAfter, long sizeOnDiskAfter, long fileSizeAfter, bool isEstimate) =>
        new(_options.Path, VhdType, isEstimate)
        {
            FileSizeBefore = _file.Length,
            FileSizeAfter = fileSizeAfter,
            SizeOnDiskBefore = _file.SizeOnDisk,
            SizeOnDiskAfter = sizeOnDiskAfter,
            BlockCountBefore = _image.Map.Table!.CountAllocated(),
            BlockCountAfter = blockCountAfter,
        };

    /// <summary>Gives the blocks of a dynamic image that may hold data their places.</summary>
    /// <returns>Bytes of data that they have.</returns>
    private long PlaceKept(ImageBuilder assembly, CancellationToken cancellation)
    {
        long written = 0;
        long unitSize = Math.Max(assembly.BlockSize, VhdSpec.DataAlignment);
        foreach (DiskUnit unit in DiskWalk.Units(_content, unitSize, mergesHoles: false, announces: false))
        {
            cancellation.ThrowIfCancellationRequested();
            for (long at = unit.Offset; at < unit.End; at += assembly.BlockSize)
            {
                int blockIndex = (int)(at / assembly.BlockSize);
                bool hasData = unit.Data.Any(data => data.Offset < at + assembly.BlockSize && at < data.End);
                if (hasData && _image.Map.Table![blockIndex] != VhdSpec.UnusedEntry)
                {
                    assembly.Place(blockIndex);
                }
            }

            written += unit.Data.Sum(extent => extent.Length);
        }

        return written;
    }

    /// <summary>The result where the image stays as it is, for in the order of the disk it would be larger.</summary>
    private static OptimizeResult Unchanged(OptimizeResult result) => result with
    {
        FileSizeAfter = result.FileSizeBefore,
        SizeOnDiskAfter = result.SizeOnDiskBefore,
        BlockCountAfter = result.BlockCountBefore,
    };

    /// <summary>Returns the bytes of data in the new file, and those of them that were copied.</summary>
    private (long DataBytes, long CopiedBytes) Copy(
        ImageFile file, ImageBuilder assembly, ExtentSharing? sharing, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        // What is shared brings its zeros along: reading it would find nothing that Quick looks for.
        bool findsZeros = !IsQuick || sharing is null;
        if (VhdType == VhdType.Dynamic)
        {
            var writer = new BlockDiskWriter(file, assembly, _source.SizeBytes, IsQuick ? _image.Map.Table : null)
            {
                Sharing = sharing,
                FindsZeros = findsZeros,
            };
            DiskCopy.Run(_content, writer, progress, _content.CountDataBytes(0, _source.SizeBytes), _options.Sync, cancellation);
            return (writer.WrittenBytes, writer.CopiedBytes);
        }

        using ParentChain? parents = OpenParents();
        ChainReader? parent = parents is null ? null : new ChainReader(parents.Levels[0], () => [.. parents.Levels.Skip(1)]);
        var copy = new ChildCopy(_file, _image, file, assembly, parent)
        {
            Fresh = new FreshRanges(file, sharing),
            FindsZeros = findsZeros,
        };
        copy.Run(progress, _options.Sync, cancellation);
        return (copy.Fresh.DataBytes, copy.Fresh.CopiedBytes);
    }

    private ParentChain? OpenParents()
    {
        if (IsQuick)
        {
            return null;
        }

        try
        {
            return ParentChain.Open(_file, _image.Layout, new VhdOpenOptions { Parents = _options.Parents });
        }
        catch (Exception error) when (error is VhdFormatException or ImageInUseException)
        {
            ParentNote = error.Message;
            return null;
        }
    }

    private OptimizeResult Punch(IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        long sizeOnDiskBefore = _file.SizeOnDisk, zeroBytes = 0;

        // Hyper-V refuses sparse files, so none are made on Windows.
        if (_options.Mode == OptimizeMode.Full && !OperatingSystem.IsWindows())
        {
            progress?.Report(new WorkProgress(0,
                _source.SizeBytes)
            { Step = _options.EstimateOnly ? "Counting zeros" : "Looking for zeros and giving their space back" });
            Func<long, long, bool> punch = _options.EstimateOnly ? static (_, _) => true : _file.TryPunchHole;
            zeroBytes = HolePunch.Run(_content, punch, progress, cancellation)
                + (_freeSpace is null ? 0 : FreeSpacePunch.Run(_source, _freeSpace, punch, cancellation));
        }

        return new OptimizeResult(_options.Path, VhdType, _options.EstimateOnly)
        {
            FileSizeBefore = _file.Length,
            FileSizeAfter = _file.Length,
            SizeOnDiskBefore = sizeOnDiskBefore,
            SizeOnDiskAfter = _options.EstimateOnly ? Math.Max(0, sizeOnDiskBefore - zeroBytes) : _file.SizeOnDisk,
        };
    }
}
