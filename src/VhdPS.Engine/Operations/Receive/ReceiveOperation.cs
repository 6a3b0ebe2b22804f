using System.Globalization;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Pages;

namespace VhdPS.Engine.Operations.Receive;

/// <summary>
/// Receives the disk in a page blob or managed disk: all pages that there are into a new image, or those that changed since
/// a snapshot into a child of the image that was received from it. <see cref="Begin(ReceiveOptions, PageBlob, CancellationToken)"/>
/// looks and refuses; no file is made before <see cref="Run"/>.
/// </summary>
public sealed partial class ReceiveOperation
{
    private readonly ReceiveOptions _options;
    private readonly PageBlob _blob;
    private readonly TransferRetry _retry;
    private readonly PreviousSnapshot? _previous;
    private readonly ReceiveState _state;

    private ReceiveOperation(ReceiveOptions options, PageBlob blob, TransferRetry retry, PreviousSnapshot? previous, ReceiveState state)
    {
        _options = options;
        _blob = blob;
        _retry = retry;
        _previous = previous;
        _state = state;
        Plan = new ReceivePlan(options.TargetPath, blob.Address.Target, state.SizeBytes, 0, 0, 0)
        {
            Snapshot = blob.Address.Snapshot,
            PreviousSnapshot = previous?.ToString(),
        };
    }

    /// <summary>What will be done.</summary>
    public ReceivePlan Plan { get; private set; }

    /// <summary>The file that remembers how far the work is.</summary>
    public string StatePath => ReceiveState.PathFor(_options.TargetPath);

    private string PartialPath => ReceiveState.PartialPathFor(_options.TargetPath);

    /// <summary>Looks at the blob, its footer, its pages and the parent, and refuses what can be refused.</summary>
    /// <exception cref="ArgumentException">A snapshot without a parent, a parent without a snapshot, or a size out of its
    /// range.</exception>
    /// <exception cref="VhdFormatException">The blob's footer is none, or the parent cannot be read.</exception>
    /// <exception cref="VhdOperationException">The target exists, or the volume has not enough room.</exception>
    /// <exception cref="TransferException">The blob does not answer or holds no fixed image, or the parent is not the previous
    /// snapshot.</exception>
    public static ReceiveOperation Begin(ReceiveOptions options, PageBlob blob, CancellationToken cancellation = default) =>
        Begin(options, blob, new TransferRetry(), cancellation);

    internal static ReceiveOperation Begin(ReceiveOptions options, PageBlob blob, TransferRetry retry, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ThrottleLimit, 1);
        if (options.ParentPath is not null && options.IsVhdx)
        {
            throw new ArgumentException($"{options.TargetPath}: what changed becomes a VHD: name the file .vhd.");
        }

        ReplacementFile.ThrowIfInTheWay(options.TargetPath, options.Force, source: null);

        // What is no image is said to be none, before its record is missed.
        using DiskSource? parent = options.ParentPath is { } parentPath ? DiskSource.Open(parentPath, SourceFormat.Vhd) : null;
        PreviousSnapshot? previous = FindPrevious(options, blob.Address);
        PageBlobFacts facts = retry.Run(blob.FindAsync, cancellation)
            ?? throw new TransferException(blob.Address.Target, TransferFault.BlobNotFound, "there is no such blob.");
        if (!facts.IsPageBlob)
        {
            throw new TransferException(blob.Address.Target, TransferFault.BlobUnsuitable,
                $"the blob is a {facts.BlobType}, and only a page blob holds a disk.");
        }

        blob.PinnedETag = facts.ETag;
        long sizeBytes = ReadSize(blob, facts.Length, retry, cancellation);
        if (parent is not null)
        {
            CheckParent(options, parent, blob.Address, previous!, sizeBytes, cancellation);
        }
        else if (options.IsVhdx)
        {
            ReceivedDisk.NewVhdx(sizeBytes, options).Validate();
        }
        else if (options.TargetFormat == DiskFormat.Dynamic)
        {
            _ = new NewImage(sizeBytes) { UniqueId = options.UniqueId, TimeStamp = options.TimeStamp }.DiskSize;
        }

        var operation = new ReceiveOperation(options, blob, retry, previous, new ReceiveState
        {
            Source = blob.Address.Target,
            Snapshot = blob.Address.Snapshot,
            PreviousSnapshot = previous?.ToString(),
            ETag = facts.ETag,
            SizeBytes = sizeBytes,
            Format = $"{(options.IsVhdx ? "VHDX " : "")}{(options.ParentPath is null ? options.TargetFormat : DiskFormat.Dynamic)}",
            ParentPath = options.ParentPath,
        });
        operation.Count(cancellation);
        return operation;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static PreviousSnapshot? FindPrevious(ReceiveOptions options, PageBlobAddress source)
    {
        if (options.ParentPath is not { } parentPath)
        {
            return options.PreviousSnapshot is null
                ? null
                : throw new ArgumentException(
                    $"{options.TargetPath}: changes since a snapshot need the image that was received from it as the parent.");
        }

        if (options.PreviousSnapshot is { } given)
        {
            return given;
        }

        ReceiveRecord? record = ReceiveRecord.TryRead(parentPath);
        return record?.Snapshot is { } time && record.Uri == source.Target
            ? PreviousSnapshot.At(time)
            : throw new TransferException(
                parentPath,
                TransferFault.TransferRecordDiffers,
                $"no record at '{ReceiveRecord.PathFor(parentPath)}' names a snapshot of '{source}': name the previous snapshot.");
    }

    /// <summary>The size that the footer at the blob's end says. Azure goes by the current size, whoever made the image.</summary>
    private static long ReadSize(PageBlob blob, long length, TransferRetry retry, CancellationToken cancellation)
    {
        using var file = new PageBlobFile(blob, length, pages: null, retry, cancellation);
        ImageLayout layout = ImageLayout.Read(file, new LayoutOptions { SizeRule = SizeRule.CurrentSize });
        if (layout.FindBlockingFinding(forWriting: false) is { } refusal)
        {
            throw new VhdFormatException(file.Path, refusal);
        }

        if (layout.VhdType != VhdType.Fixed)
        {
            throw new TransferException(
                blob.Address.Target,
                TransferFault.BlobUnsuitable,
                $"the blob holds a {layout.VhdType.ToString().ToLowerInvariant()} image, no disk in Azure: download it as a file.");
        }

        return layout.SectorCount * VhdSpec.SectorSize;
    }

    private static void CheckParent(
        ReceiveOptions options, DiskSource parent, PageBlobAddress source, PreviousSnapshot previous, long sizeBytes,
            CancellationToken cancellation)
    {
        string parentPath = options.ParentPath!;
        if (!options.Force)
        {
            ReceiveRecord.ThrowIfOther(parentPath, source, previous, cancellation);
        }

        if (parent.ImageFormat == VhdFormat.Vhdx)
        {
            throw new ArgumentException(
                $"{parentPath}: what changed becomes a child of a VHD, and this is a VHDX: receive the snapshot into a VHD first.");
        }

        if (parent.SizeBytes > sizeBytes)
        {
            throw new TransferException(
                parentPath,
                TransferFault.TransferRecordDiffers,
                Invariant(
                    $"the disk has {parent.SizeBytes} bytes, and that in '{source}' {sizeBytes}: a disk in Azure never becomes smaller."));
        }
    }

    /// <summary>Counts what there is to receive, and where an earlier run stopped.</summary>
    private void Count(CancellationToken cancellation)
    {
        long data = 0, cleared = 0;
        foreach (ReceiveUnit unit in Units(cancellation))
        {
            foreach (PageRange range in unit.Ranges)
            {
                data += range.IsCleared ? 0 : range.Length;
                cleared += range.IsCleared ? range.Length : 0;
            }
        }

        IReadOnlyList<string>? lines;
        try
        {
            lines = JournalFile.TryRead(StatePath);
        }
        catch (ImageInUseException)
        {
            throw StateInUse();
        }

        Plan = Plan with { DataBytes = data, ClearedBytes = cleared, ResumeOffset = FindStart(lines) };
        if (!_options.Force)
        {
            VolumeSpace.ThrowIfLess(_options.TargetPath, Plan.ResumeOffset > 0 ? 0 : data);
            bool isFlat = _options.ParentPath is null && _options.TargetFormat != DiskFormat.Dynamic;
            VolumeSpace.ThrowIfTooLong(_options.TargetPath, isFlat ? Plan.SizeBytes + VhdSpec.FooterSize : data);
        }
    }

    private IEnumerable<ReceiveUnit> Units(CancellationToken cancellation) =>
        ReceiveWalk.Units(PageList.Read(_blob, _state.SizeBytes, _previous, _retry, cancellation), _state.SizeBytes);

    /// <summary>How much of the disk an earlier run of the same work has put into the partial file.</summary>
    private long FindStart(IReadOnlyList<string>? lines) =>
        ReceiveState.Parse(lines) is { } found && found.State == _state && NamedFile.Exists(PartialPath) ? found.DoneBytes : 0;

    private TransferException StateInUse() =>
        new(StatePath, TransferFault.BlobInUse, "another process receives into this file.");
}
