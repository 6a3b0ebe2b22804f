using System.Globalization;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Pages;
using VhdPS.Engine.Partitions;
using VhdPS.Engine.Partitions.FreeSpace;

namespace VhdPS.Engine.Operations.Send;

/// <summary>
/// Sends a disk as a fixed image to a page blob or a managed disk, made on the way: no file of it is ever written.
/// <see cref="Begin(SendOptions, PageBlob?)"/> looks and refuses; nothing is changed before <see cref="Run"/>.
/// <list type="bullet">
/// <item>S1: the last 512 bytes of the target are cleared before the first page of data, and the footer is written after the
/// last, so that half a disk never looks whole.</item>
/// <item>S2: the state file is on the medium before the target is changed, and says that a stretch is done only after the
/// service has acknowledged all of it.</item>
/// <item>S3: where the target may hold pages, each stretch that is zeros in the source is cleared.</item>
/// </list>
/// </summary>
public sealed partial class SendOperation : IDisposable
{
    /// <summary>The name of the id in the metadata of a blob that is being sent.</summary>
    public const string MetadataName = "vhdps_transfer";

    private readonly SendOptions _options;
    private readonly PageBlob? _blob;
    private readonly TransferRetry _retry;
    private readonly DiskSource _source;
    private DiskSource _content;
    private readonly IReadOnlyList<SourceStamp> _stamps;
    private readonly string? _statePath;

    private SendOperation(SendOptions options, PageBlob? blob, TransferRetry retry, DiskSource source)
    {
        _options = options;
        _blob = blob;
        _retry = retry;
        _source = _content = source;
        _stamps = SendState.Stamp(source, options.Parents);
        _statePath = blob is null ? null : options.StatePath ?? SendState.DefaultPath(source.Path, blob.Address.Target);
        Plan = new SendPlan(
            source.Path,
            blob?.Address.Target,
            source.SizeBytes,
            ConvertOperation.FitSize(source.SizeBytes, CheckTarget.Azure),
            source.CountDataBytes(0, source.SizeBytes),
            0,
            0);
    }

    /// <summary>What will be done.</summary>
    public SendPlan Plan { get; private set; }

    /// <summary>The free space that is sent as zeros; null where that was not asked for.</summary>
    internal FreeSpaceMap? FreeSpace { get; private set; }

    /// <summary>How the backup of a GPT moves to the end of the disk as it is sent; null where the table is sent as it is.</summary>
    internal GptMove? TableMove { get; private set; }

    /// <summary>Where everything lies in the source; null for a raw disk.</summary>
    internal ImageLayout? SourceLayout => _source.Layout;

    /// <summary>Bytes of a sector as the source shows its disk.</summary>
    internal int SourceLogicalSectorSize => _source.LogicalSectorSize;

    /// <summary>The file that remembers how far the work is; null where no target was given.</summary>
    public string? StatePath => _statePath;

    /// <summary>Opens the source, looks at the target and refuses what can be refused before the first byte.</summary>
    /// <param name="options">What is sent.</param>
    /// <param name="blob">The target, which stays its owner's; null to plan without one.</param>
    /// <exception cref="VhdFormatException">The source cannot be read.</exception>
    /// <exception cref="VhdOperationException">A machine's state is saved with the source.</exception>
    /// <exception cref="TransferException">The target does not answer, is in the way, too small, or not the one that was begun.</exception>
    public static SendOperation Begin(SendOptions options, PageBlob? blob) =>
        Begin(options, blob, new TransferRetry(), CancellationToken.None);

    /// <summary>The same with a token that ends the looking.</summary>
    public static SendOperation Begin(SendOptions options, PageBlob? blob, CancellationToken cancellation) =>
        Begin(options, blob, new TransferRetry(), cancellation);

    internal static SendOperation Begin(SendOptions options, PageBlob? blob, TransferRetry retry, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ThrottleLimit, 1);
        DiskSource source = DiskSource.Open(
            options.SourcePath,
            options.SourceFormat,
            new VhdOpenOptions
            {
                SizeRule = options.SizeRule,
                IgnoreBitmap = options.IgnoreBitmap,
                AllowDeviceInUse = options.Force,
                RateLimit = options.RateLimit,
                Parents = options.Parents
            });
        try
        {
            if (!options.Force)
            {
                source.ThrowIfStateSaved();
            }

            var operation = new SendOperation(options, blob, retry, source);
            operation.Look(cancellation);
            return operation;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Closes the source.</summary>
    public void Dispose() => _source.Dispose();

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>The footer of the disk as it is sent.</summary>
    private HardDiskFooter CreateFooter() => HardDiskFooter.Create(
        VhdType.Fixed,
        Plan.SizeBytes,
        DiskGeometry.ForSectorCount(Plan.SizeBytes / VhdSpec.SectorSize),
        _options.UniqueId,
        _options.TimeStamp,
        VirtualSize.WindowsCreator,
        VirtualSize.WindowsVersion);

    private void Look(CancellationToken cancellation)
    {
        if (_blob is null)
        {
            ThrowIfTooLarge(AzureRules.MaxSize, "a managed disk");
            Edit(cancellation);
        }
        else
        {
            PageBlobFacts? facts = _retry.Run(_blob.FindAsync, cancellation);
            FitTarget(facts);
            Edit(cancellation);
            SendState? state = SendState.Parse(ReadState());
            Plan = Plan with { ResumeOffset = FindStart(facts, state) is SendStart.Resume ? state!.DoneBytes : 0 };
        }

        // Besides data and footer: looking, making or leasing, listing, clearing and giving back.
        const int otherRequests = 7;
        Plan = Plan with { RequestCount = SendWalk.CountDataUnits(_content) + otherRequests };
    }

    /// <summary>Makes the disk what it is to be at its size: with its table's backup at the end, and without its free space.</summary>
    private void Edit(CancellationToken cancellation)
    {
        DiskEnd? end = _options.KeepPartitionTable || _source.LogicalSectorSize != VhdSpec.SectorSize
            ? null
            : DiskEnd.Read(new DiskSourceReader(_source));
        TableMove = end?.PlanMove(Plan.SizeBytes);
        FreeSpace = _options.ClearsFreeSpace ? StandaloneDisk.ReadFreeSpace(_source, _options.Children, cancellation) : null;
        _content = ChangedDisk.Of(_source, Plan.SizeBytes, end, TableMove, FreeSpace);
        if (_content != _source)
        {
            Plan = Plan with { DataBytes = SendWalk.CountDataBytes(_content) };
        }
    }

    private IReadOnlyList<string>? ReadState()
    {
        try
        {
            return JournalFile.TryRead(_statePath!);
        }
        catch (ImageInUseException)
        {
            throw StateInUse();
        }
    }

    private TransferException StateInUse() =>
        new(_statePath!, TransferFault.BlobInUse, "another process is sending by this state file.");

    /// <summary>Takes the size of a managed disk that is larger, and refuses one that is smaller.</summary>
    private void FitTarget(PageBlobFacts? facts)
    {
        if (!_blob!.Address.IsManagedDisk)
        {
            ThrowIfTooLarge(AzureRules.MaxPageBlobLength - VhdSpec.FooterSize, "a page blob");
            return;
        }

        ThrowIfTooLarge(AzureRules.MaxSize, "a managed disk");
        if (facts is null)
        {
            throw new TransferException(
                _blob.Address.Target, TransferFault.BlobNotFound, "there is no such disk, or its access has been revoked.");
        }

        if (facts.Length < Plan.UploadSizeBytes)
        {
            throw new TransferException(
                _blob.Address.Target,
                TransferFault.BlobTooSmall,
                Invariant($"the managed disk takes {facts.Length} bytes, and '{_source.Path}' needs {Plan.UploadSizeBytes}: ")
                + Invariant($"make a disk with an upload size of {Plan.UploadSizeBytes} bytes."));
        }

        Plan = Plan with { SizeBytes = (facts.Length - VhdSpec.FooterSize) / VhdSpec.SectorSize * VhdSpec.SectorSize };
    }

    private void ThrowIfTooLarge(long limit, string kind)
    {
        if (Plan.SizeBytes > limit)
        {
            throw new TransferException(
                _source.Path, TransferFault.DiskTooLarge,
                    Invariant($"the disk has {Plan.SizeBytes} bytes, and {kind} holds {limit} at most."));
        }
    }

    /// <summary>Whether a run goes on, begins anew or makes its target; refuses where none of these is right.</summary>
    private SendStart FindStart(PageBlobFacts? facts, SendState? state)
    {
        bool isManaged = _blob!.Address.IsManagedDisk;
        if (state is not null && !_options.Force)
        {
            if (state.Target != _blob.Address.Target)
            {
                throw new TransferException(
                    _statePath!, TransferFault.TransferStateDiffers,
                        $"the state file is of a transfer to '{state.Target}', not to '{_blob.Address.Target}'.");
            }

            if (state.FindSourceChange(_stamps, Plan.SizeBytes, _options) is { } change)
            {
                throw new TransferException(
                    _source.Path, TransferFault.TransferStateDiffers,
                        $"{change}; part of the old source is at the target. The state is in '{_statePath}'.");
            }
        }

        if (facts is null)
        {
            return SendStart.Create;
        }

        if (!facts.IsPageBlob)
        {
            throw new TransferException(
                _blob.Address.Target, TransferFault.BlobUnsuitable, $"the blob is a {facts.BlobType}, and only a page blob holds a disk.");
        }

        bool isOurs = state is not null && state.Target == _blob.Address.Target && (isManaged
            ? facts.Length == state.TargetLength && facts.CreatedTime == state.TargetCreatedTime
            : facts.Metadata.TryGetValue(MetadataName, out string? id) && id == state.TransferId.ToString("D"));
        if (isOurs)
        {
            bool isWhole = facts.Length == Plan.UploadSizeBytes || isManaged;
            return isWhole && state!.FindSourceChange(_stamps, Plan.SizeBytes, _options) is null && !_options.Force ? SendStart.Resume
                : SendStart.Restart;
        }

        return isManaged || _options.Force
            ? SendStart.Overwrite
            : throw new TransferException(
                _blob.Address.Target,
                TransferFault.BlobExists,
                state is null ? "the blob exists already."
                    : $"the blob exists already, and is not the one that '{_statePath}' was begun with.");
    }

    /// <summary>How a run begins.</summary>
    private enum SendStart
    {
        /// <summary>There is no blob yet.</summary>
        Create,

        /// <summary>The target may hold anything.</summary>
        Overwrite,

        /// <summary>An earlier run began with the target, but what it sent does not count.</summary>
        Restart,

        /// <summary>An earlier run has sent part of this disk.</summary>
        Resume,
    }
}
