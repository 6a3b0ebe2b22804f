using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Images;

/// <summary>
/// An open image as a disk of sectors. Reads may run on several threads at once; writes and flushes may run beside nothing.
/// What was written is certain to be kept once <see cref="Flush"/> has returned.
/// </summary>
public sealed partial class VhdImage : IDisposable
{
    private readonly ImageFile _file;
    private readonly VhdOpenOptions _options;
    private readonly object _parentsGate = new();
    private ParentChain? _parents;
    private BlockAllocator? _allocator;
    private bool _hasUnflushedData;
    private bool _isWriteRefused;
    private bool _isFooterWhole;
    private bool _isFlushRefused;
    private bool _isDisposed;

    private VhdImage(ImageFile file, ImageLayout layout, VhdOpenOptions options)
    {
        _file = file;
        _options = options;
        Layout = layout;
        Map = new SectorMap(file, layout, options.IgnoreBitmap, options.Force);
        Chain = new ChainReader(new DiskLevel(file, layout, Map), OpenParents);
    }

    /// <summary>Where everything lay when the image was opened.</summary>
    internal ImageLayout Layout { get; }

    /// <summary>Where each sector lies now.</summary>
    internal SectorMap Map { get; }

    /// <summary>Virtual sectors of 512 bytes; the last is filled up with zeros where the size is not a whole number of them.</summary>
    public long SectorCount => Layout.SectorCount;

    /// <summary>The virtual size in bytes.</summary>
    public long SizeBytes => (long)Layout.Size.SizeBytes;

    /// <summary>Fixed, dynamic or differencing.</summary>
    public VhdType VhdType => Layout.VhdType;

    /// <summary>Bytes of data in a block; 0 for a fixed image.</summary>
    public long BlockSize => Layout.BlockSize;

    /// <summary>The authoritative footer.</summary>
    public HardDiskFooter Footer => Layout.Footer;

    /// <summary>The dynamic header; null for a fixed image.</summary>
    public DynamicDiskHeader? Header => Layout.Header;

    /// <summary>What departs from the specification, in the order in which it was found when the image was opened.</summary>
    public IReadOnlyList<Finding> Findings => Layout.Findings;

    /// <summary>Whether it was opened for writing, and takes writes: none after one that failed.</summary>
    public bool CanWrite => _options.ForWriting && !_isWriteRefused && !_isFlushRefused && !_isDisposed;

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>The image and its parents, which are looked for when the first of their sectors is wanted.</summary>
    internal ChainReader Chain { get; }

    /// <summary>The open file, for operations that rearrange it.</summary>
    internal ImageFile File => _file;

    /// <summary>The files of the parents that were opened so far.</summary>
    internal IEnumerable<string> ParentPaths => _parents?.Levels.Select(level => level.Path) ?? [];

    /// <summary>Opens a file of the machine.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="ImageInUseException">Someone has it open.</exception>
    /// <exception cref="VhdFormatException">Its content does not allow it.</exception>
    public static VhdImage Open(string path, VhdOpenOptions? options = null)
    {
        bool forWriting = options?.ForWriting == true;
        return Open(forWriting ? LocalImageFile.OpenWrite(path) : LocalImageFile.OpenRead(path), options);
    }

    /// <summary>Opens an image in an open file and owns the file from then on, also when it is refused.</summary>
    /// <exception cref="ImageAccessException">It is to be written, and the file is open for reading only.</exception>
    /// <exception cref="VhdFormatException">Its content does not allow it.</exception>
    internal static VhdImage Open(ImageFile file, VhdOpenOptions? options = null)
    {
        options ??= VhdOpenOptions.Default;
        try
        {
            if (options.ForWriting && (options.Force || options.IgnoreBitmap))
            {
                throw new ArgumentException(
                    "A forced image, or one whose bitmaps are ignored, is opened for reading only.", nameof(options));
            }

            if (options.ForWriting && !file.CanWrite)
            {
                throw new ImageAccessException(file.Path, "the file is open for reading only");
            }

            var layout = ImageLayout.Read(
                file, new LayoutOptions { SizeRule = options.SizeRule, Force = options.Force, ReadsCutTable = options.Force });
            if (layout.FindBlockingFinding(options.ForWriting) is { } refusal)
            {
                throw new VhdFormatException(file.Path, refusal);
            }

            var image = new VhdImage(file, layout, options);
            if (options.ForWriting && image.Map.Table is { } table && TableScan.FindOverlap(layout, table) is { } overlap)
            {
                throw new VhdFormatException(file.Path, overlap);
            }

            if (options.ForWriting)
            {
                OpenImages.Add(file.Path, layout.Header is { } header ? header.ParentUniqueId : Guid.Empty);
            }

            return image;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Returns when everything that was written is on the medium and can be found there.</summary>
    /// <exception cref="ImageIOException">The medium did not take it; the handle takes no more writes.</exception>
    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_options.ForWriting)
        {
            return;
        }

        if (_isFlushRefused)
        {
            throw RefuseAfterFailure();
        }

        FlushCore();
    }

    /// <summary>Flushes what is left to flush, unless a sync has failed, and closes the file.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            if (_hasUnflushedData && !_isFlushRefused)
            {
                FlushCore();
            }
        }
        finally
        {
            _parents?.Dispose();
            _file.Dispose();
            if (_options.ForWriting)
            {
                OpenImages.Remove(_file.Path);
            }
        }
    }

    /// <summary>Refuses what was read of parents that were changed since they were opened.</summary>
    /// <exception cref="ImageInUseException">Another program has changed or replaced one.</exception>
    internal void ThrowIfParentChanged()
    {
        lock (_parentsGate)
        {
            _parents?.ThrowIfChanged();
        }
    }

    private IReadOnlyList<DiskLevel> OpenParents()
    {
        lock (_parentsGate)
        {
            return (_parents ??= ParentChain.Open(_file, Layout, _options)).Levels;
        }
    }

    private void FlushCore()
    {
        try
        {
            if (_allocator is null)
            {
                _file.Flush();
            }
            else
            {
                _allocator.Flush();
            }

            _hasUnflushedData = false;
        }
        catch
        {
            // What a failed sync has dropped cannot be known: nothing more may be published on top of it.
            _isWriteRefused = true;
            _isFlushRefused = true;
            throw;
        }
    }

    private VhdOperationException RefuseAfterFailure() =>
        new(Path, OperationError.EarlierWriteFailed, "an earlier write or sync failed; open the image again.");
}
