using System.Diagnostics;
using System.Security.Cryptography;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Pages;
using VhdPS.Engine.Partitions;

namespace VhdPS.Engine.Operations.Send;

public sealed partial class SendOperation
{
    // A shorter stretch of zeros is sent with the data around it: at 500 requests and 60 MiB a second a request costs as much.
    private const int MergedZeros = 128 * 1024;

    // The state file's lines stay few whatever the size of the disk.
    private const int MaxStateLines = 4096;

    /// <summary>Sends the disk. What was sent when it fails or is cancelled is kept, and the same operation goes on from there.</summary>
    /// <exception cref="VhdFormatException">A sector of the source cannot be found.</exception>
    /// <exception cref="ImageInUseException">The source was changed meanwhile.</exception>
    /// <exception cref="ImageIOException">The source or the state file could not be read or written.</exception>
    /// <exception cref="TransferException">The service refused, or did not answer, or what was read back differs.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public SendResult Run(IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (_blob is null)
        {
            throw new InvalidOperationException("There is no target: the operation was begun to plan.");
        }

        long start = Stopwatch.GetTimestamp();
        using JournalFile journal = OpenState();
        PageBlobFacts? facts = _retry.Run(_blob.FindAsync, cancellation);
        SendState? state = SendState.Parse(journal.Lines);
        SendStart how = FindStart(facts, state);
        var run = new SendRun(this, journal, how, facts, state);
        try
        {
            SendResult result = run.Send(progress, cancellation);
            journal.Delete();
            return result with { RequestCount = _blob.RequestCount, Elapsed = Stopwatch.GetElapsedTime(start) };
        }
        catch (TransferException error) when (error.Fault == TransferFault.BlobAccessDenied && run.HasChangedTarget)
        {
            throw EndedAccess.Describe(error, _blob.Address, _statePath!);
        }
        finally
        {
            if (!run.HasChangedTarget && state is null)
            {
                journal.Delete();
            }
        }
    }

    private JournalFile OpenState()
    {
        try
        {
            return JournalFile.Open(_statePath!);
        }
        catch (ImageInUseException)
        {
            throw StateInUse();
        }
    }

    /// <summary>One run of a send.</summary>
    private sealed class SendRun(SendOperation operation, JournalFile journal, SendStart how, PageBlobFacts? facts, SendState? state)
    {
        private readonly PageBlob _blob = operation._blob!;
        private readonly TransferRetry _retry = operation._retry;
        private readonly DiskSource _source = operation._content;
        private readonly long _progressBytes = operation._content.CountDataBytes(0, operation.Plan.SizeBytes);
        private readonly SendOptions _options = operation._options;
        private readonly long _sizeBytes = operation.Plan.SizeBytes;
        private readonly TransferBuffers _buffers = new();
        private readonly TransferLoop _loop = new(operation._options.ThrottleLimit, operation._retry);
        private PageMap? _pages;

        /// <summary>Whether anything at the target was changed, in this run or an earlier one.</summary>
        public bool HasChangedTarget { get; private set; } = how == SendStart.Resume;

        public SendResult Send(IProgress<WorkProgress>? progress, CancellationToken cancellation)
        {
            if (operation.TableMove is { Reason.Length: > 0, Verdict: not GptMoveVerdict.NotNeeded } move)
            {
                progress?.Report(new WorkProgress(0, _progressBytes) { Warning = $"The partition table is sent as it is: {move.Reason}" });
            }

            long resumed = how == SendStart.Resume ? state!.DoneBytes : 0;
            bool isManaged = _blob.Address.IsManagedDisk;
            Guid id = how is SendStart.Resume or SendStart.Restart ? state!.TransferId : Guid.NewGuid();
            if (how != SendStart.Resume)
            {
                // S2
                journal.Restart(new SendState
                {
                    Target = _blob.Address.Target,
                    TargetLength = facts is { } found && isManaged ? found.Length : operation.Plan.UploadSizeBytes,
                    TransferId = id,
                    SizeBytes = _sizeBytes,
                    ClearsFreeSpace = _options.ClearsFreeSpace,
                    KeepPartitionTable = _options.KeepPartitionTable,
                    Sources = operation._stamps,
                    TargetCreatedTime = facts?.CreatedTime,
                }.FirstLine());
            }

            if (how == SendStart.Create)
            {
                Create(id, cancellation);
            }

            using LeaseKeeper? lease = isManaged
                ? null
                : LeaseKeeper.Take(_blob, mayBreak: how != SendStart.Overwrite, _retry, cancellation);
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lease?.Lost ?? CancellationToken.None);
            try
            {
                if (how != SendStart.Create)
                {
                    Prepare(id, isManaged, progress, stopping.Token);
                }

                (long sent, long skipped) = SendData(resumed, progress, stopping.Token);
                byte[]? hash = _options.Verify ? Verify(progress, stopping.Token) : null;
                _source.ThrowIfChanged();
                progress?.Report(
                    new WorkProgress(_progressBytes, _progressBytes) { Step = "Writing the footer, which makes the disk whole" });
                WriteFooter(stopping.Token);
                return new SendResult(_source.Path, _blob.Address.Target, _sizeBytes, sent + VhdSpec.FooterSize, skipped, 0, default)
                {
                    ResumedBytes = resumed,
                    Hash = hash,
                    SourceHash = ReferenceEquals(_source, operation._source) && _source.SizeBytes == _sizeBytes ? hash : null,
                    LowestThrottle = _loop.Pace.LowestLimit,
                };
            }
            catch (OperationCanceledException) when (lease?.Failure is not null)
            {
                throw lease.Failure;
            }
        }

        private void Create(Guid id, CancellationToken cancellation)
        {
            try
            {
                _retry.Run(token => _blob.CreateAsync(operation.Plan.UploadSizeBytes, Metadata(id), token), cancellation);
            }
            catch (TransferException error) when (error.Fault == TransferFault.BlobExists)
            {
                // Ours where the answer to an earlier try was lost.
                PageBlobFacts? made = _retry.Run(_blob.FindAsync, cancellation);
                if (made is null || !made.Metadata.TryGetValue(MetadataName, out string? found) || found != id.ToString("D"))
                {
                    throw;
                }
            }
            catch (TransferException error) when (error.IsTransient)
            {
                // Whether it was made is not known: the state must stay.
                HasChangedTarget = true;
                throw;
            }

            HasChangedTarget = true;
        }

        /// <summary>Makes an existing target one that never looks whole, as long as the disk, and known by its id.</summary>
        private void Prepare(Guid id, bool isManaged, IProgress<WorkProgress>? progress, CancellationToken cancellation)
        {
            progress?.Report(
                new WorkProgress(0, _progressBytes) { Step = "Clearing the target's last 512 bytes and listing its pages" });
            long length = facts!.Length;
            ClearEnd(length, cancellation);
            HasChangedTarget = true;
            if (!isManaged)
            {
                if (length != operation.Plan.UploadSizeBytes)
                {
                    _retry.Run(token => _blob.ResizeAsync(operation.Plan.UploadSizeBytes, token), cancellation);
                    ClearEnd(operation.Plan.UploadSizeBytes, cancellation);
                }

                if (how == SendStart.Overwrite)
                {
                    _retry.Run(token => _blob.SetMetadataAsync(Metadata(id), token), cancellation);
                }
            }

            _pages = PageMap.Read(_blob, _sizeBytes, _retry, cancellation);
        }

        // S1
        private void ClearEnd(long length, CancellationToken cancellation)
        {
            long end = length / VhdSpec.SectorSize * VhdSpec.SectorSize;
            if (end >= VhdSpec.FooterSize)
            {
                _retry.Run(token => _blob.ClearAsync(end - VhdSpec.FooterSize, VhdSpec.FooterSize, token), cancellation);
            }
        }

        private Dictionary<string, string> Metadata(Guid id)
        {
            var metadata = facts is null ? [] : new Dictionary<string, string>(facts.Metadata);
            metadata[MetadataName] = id.ToString("D");
            return metadata;
        }

        private (long Sent, long Skipped) SendData(long resumed, IProgress<WorkProgress>? progress, CancellationToken cancellation)
        {
            long total = _progressBytes, done = 0, sent = 0, position = 0, noted = resumed;
            long noteInterval = Math.Max(SendWalk.UnitBytes, _sizeBytes / MaxStateLines);
            progress?.Report(new WorkProgress(0, total) { Step = $"Sending what is not known to be zeros to '{_blob.Address.Target}'" });
            IEnumerable<SendUnit> units = SendWalk.Units(_source, _sizeBytes)
                .Where(unit => unit.End > resumed)
                .Where(unit => unit.Data.Count > 0 || _pages?.TryNarrow(unit.Offset, unit.End, out _, out _) == true);
            IEnumerable<(long End, long Sent)> results = _loop.Run(units, SendUnitAsync, cancellation);
            try
            {
                foreach ((long end, long bytes) in results)
                {
                    sent += bytes;
                    done += _source.CountDataBytes(position, Math.Min(end, _source.SizeBytes));
                    position = end;
                    if (position - noted >= noteInterval)
                    {
                        journal.Append(SendState.DoneLine(position));
                        noted = position;
                    }

                    progress?.Report(new WorkProgress(done, total) { SkippedBytes = position - sent });
                }
            }
            finally
            {
                if (position > noted)
                {
                    journal.Append(SendState.DoneLine(position));
                }
            }

            return (sent, _sizeBytes - sent);
        }

        private async Task<(long End, long Sent)> SendUnitAsync(SendUnit unit, CancellationToken cancellation)
        {
            if (unit.Data.Count == 0)
            {
                await ClearAsync(unit.Offset, unit.End, cancellation).ConfigureAwait(false);
                return (unit.End, 0);
            }

            byte[] buffer = _buffers.Take();
            try
            {
                int length = (int)(unit.End - unit.Offset);
                Read(unit, buffer.AsSpan(0, length));
                return (unit.End, await SendRunsAsync(unit.Offset, buffer.AsMemory(0, length), cancellation).ConfigureAwait(false));
            }
            finally
            {
                _buffers.Return(buffer);
            }
        }

        private void Read(SendUnit unit, Span<byte> bytes)
        {
            int filled = 0;
            foreach (DiskExtent extent in unit.Data)
            {
                int start = (int)(extent.Offset - unit.Offset), end = (int)Math.Min(extent.End - unit.Offset, bytes.Length);
                bytes[filled..start].Clear();
                _source.ReadAt(extent.Offset, bytes[start..end]);
                filled = end;
            }

            bytes[filled..].Clear();
        }

        private async Task<long> SendRunsAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
        {
            long sent = 0;
            int at = 0;
            while (ZeroScan.TryFindData(bytes.Span, at, MergedZeros, out int start, out int end))
            {
                await ClearAsync(offset + at, offset + start, cancellation).ConfigureAwait(false);
                (long writeOffset, ReadOnlyMemory<byte> run) = (offset + start, bytes[start..end]);
                await _loop.RequestAsync(token => _blob.WriteAsync(writeOffset, run, token), cancellation).ConfigureAwait(false);
                sent += end - start;
                at = end;
            }

            await ClearAsync(offset + at, offset + bytes.Length, cancellation).ConfigureAwait(false);
            return sent;
        }

        // S3
        private Task ClearAsync(long offset, long end, CancellationToken cancellation) =>
            offset < end && _pages is not null && _pages.TryNarrow(offset, end, out long first, out long last)
                ? _loop.RequestAsync(token => _blob.ClearAsync(first, last - first, token), cancellation)
                : Task.CompletedTask;

        /// <summary>Reads the pages back and compares them with the source; the footer is not there yet.</summary>
        /// <returns>SHA-256 of the disk as it was sent.</returns>
        private byte[] Verify(IProgress<WorkProgress>? progress, CancellationToken cancellation)
        {
            progress?.Report(new WorkProgress(0, _sizeBytes) { Step = "Reading the pages back and comparing them with what was sent" });
            long length = _sizeBytes + VhdSpec.FooterSize;
            PageMap pages = PageMap.Read(_blob, length, _retry, cancellation);
            using DiskSource sent = DiskSource.Open(new PageBlobFile(_blob, length, pages, _retry, cancellation), SourceFormat.Raw);
            foreach (ComparedRange range in DiskComparison.FindDifferences(_source, sent, progress, cancellation))
            {
                throw new TransferException(
                    _blob.Address.Target,
                    TransferFault.BlobContentDiffers,
                    Invariant($"from sector {range.Sector} on the blob does not hold what was to be sent; its footer was not written."));
            }

            progress?.Report(new WorkProgress(0, _sizeBytes) { Step = "Hashing the disk as it was sent" });
            return DiskHash.Compute(_source, _sizeBytes, HashAlgorithmName.SHA256, progress, cancellation);
        }

        private void WriteFooter(CancellationToken cancellation)
        {
            byte[] footer = operation.CreateFooter().Bytes.ToArray();
            _retry.Run(token => _blob.WriteAsync(_sizeBytes, footer, token), cancellation);
            if (_options.Verify)
            {
                byte[] read = new byte[footer.Length];
                _retry.Run(token => _blob.ReadAsync(_sizeBytes, read, token), cancellation);
                if (!read.AsSpan().SequenceEqual(footer))
                {
                    throw new TransferException(_blob.Address.Target, TransferFault.BlobContentDiffers,
                        "the footer that was read back is not the one that was written.");
                }
            }
        }
    }
}
