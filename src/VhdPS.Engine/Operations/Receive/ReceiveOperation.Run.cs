using System.Diagnostics;
using System.Security.Cryptography;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Pages;

namespace VhdPS.Engine.Operations.Receive;

public sealed partial class ReceiveOperation
{
    // Pages that lie closer are read by one request, with what is between them.
    private const int JoinedGap = 128 * 1024;

    // What a run that is killed has to do again at most, besides what was in flight.
    private const long FlushInterval = 32L * 1024 * 1024;

    private static readonly byte[] Zeros = new byte[64 * 1024];

    /// <summary>Receives the disk. What was received when it fails or is cancelled is kept, and the same operation goes on from
    /// there.</summary>
    /// <exception cref="VhdFormatException">The parent, or the partial file, cannot be read.</exception>
    /// <exception cref="VhdOperationException">Meanwhile someone has made the target.</exception>
    /// <exception cref="ImageIOException">A file could not be read or written.</exception>
    /// <exception cref="TransferException">The service refused, did not answer, or the blob was changed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ReceiveResult Run(IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        long start = Stopwatch.GetTimestamp();
        using JournalFile journal = OpenState();
        long position = FindStart(journal.Lines);
        long received = 0;
        try
        {
            if (position == 0)
            {
                PartialFile.Delete(PartialPath);
                journal.Restart(_state.FirstLine());
                ReceivedDisk.Create(PartialPath, _state.SizeBytes, _options);
            }

            using (ReceivedDisk disk = ReceivedDisk.Open(PartialPath, _state.SizeBytes, _options))
            using (DiskSource? parent = _options.ParentPath is { } parentPath ? DiskSource.Open(parentPath, SourceFormat.Vhd) : null)
            {
                Receive(disk, parent, journal, progress, ref position, ref received, cancellation);
                disk.Complete();
            }
        }
        catch (TransferException error) when (error.Fault == TransferFault.BlobAccessDenied && position > 0)
        {
            throw EndedAccess.Describe(error, _blob.Address, StatePath);
        }
        finally
        {
            if (position == 0)
            {
                journal.Delete();
                PartialFile.Delete(PartialPath);
            }
        }

        byte[] hash = HashAndCommit(journal, progress, cancellation);
        return new ReceiveResult(Plan, received, _blob.RequestCount, Stopwatch.GetElapsedTime(start), hash);
    }

    private JournalFile OpenState()
    {
        try
        {
            return JournalFile.Open(StatePath);
        }
        catch (ImageInUseException)
        {
            throw StateInUse();
        }
    }

    private void Receive(
        ReceivedDisk disk,
        DiskSource? parent,
        JournalFile journal,
        IProgress<WorkProgress>? progress,
        ref long position,
        ref long received,
        CancellationToken cancellation)
    {
        long total = Plan.DataBytes, done = 0, start = position, reached = position;
        var loop = new TransferLoop(_options.ThrottleLimit, _retry);
        var buffers = new TransferBuffers();
        string what = parent is null ? "the pages that there are" : "what changed";
        progress?.Report(new WorkProgress(0, total) { Step = $"Receiving {what} into '{PartialPath}'" });
        IEnumerable<ReceiveUnit> units = Units(cancellation).Where(unit => IsAhead(disk, unit, start));
        try
        {
            IEnumerable<(ReceiveUnit, byte[], long)> results = loop.Run(units, (unit, token) => ReadAsync(unit, loop, buffers, token),
                cancellation);
            foreach ((ReceiveUnit unit, byte[] bytes, long count) in results)
            {
                foreach (PageRange range in unit.Ranges)
                {
                    Put(disk, parent, range, bytes.AsSpan((int)(range.Offset - unit.Offset), (int)range.Length));
                    done += range.IsCleared ? 0 : range.Length;
                }

                buffers.Return(bytes);
                reached = unit.End;
                received += count;
                progress?.Report(new WorkProgress(done, total) { SkippedBytes = reached - done });
                if (disk.UnflushedBytes >= FlushInterval)
                {
                    disk.Flush();
                    Note(journal, reached, ref position);
                }

                _options.RateLimit?.Wait(count);
            }
        }
        catch (Exception error) when (error is TransferException or OperationCanceledException)
        {
            // Not after an error of the file itself, which takes no more.
            disk.Flush();
            Note(journal, reached, ref position);
            throw;
        }

        disk.Flush();
        Note(journal, _state.SizeBytes, ref position);
    }

    private static bool IsAhead(ReceivedDisk disk, ReceiveUnit unit, long start)
    {
        foreach (PageRange range in unit.Ranges)
        {
            disk.Announce(range.Offset, range.End);
        }

        return unit.End > start;
    }

    private static void Note(JournalFile journal, long reached, ref long position)
    {
        if (reached > position)
        {
            journal.Append(ReceiveState.DoneLine(reached));
            position = reached;
        }
    }

    private async Task<(ReceiveUnit Unit, byte[] Bytes, long Count)> ReadAsync(
        ReceiveUnit unit, TransferLoop loop, TransferBuffers buffers, CancellationToken cancellation)
    {
        byte[] bytes = buffers.Take();
        try
        {
            long count = 0;
            foreach ((long offset, long end) in ReceiveWalk.Reads(unit, JoinedGap))
            {
                (long readOffset, Memory<byte> part) = (offset, bytes.AsMemory((int)(offset - unit.Offset), (int)(end - offset)));
                await loop.RequestAsync(token => _blob.ReadAsync(readOffset, part, token), cancellation).ConfigureAwait(false);
                count += end - offset;
            }

            return (unit, bytes, count);
        }
        catch
        {
            buffers.Return(bytes);
            throw;
        }
    }

    private static void Put(ReceivedDisk disk, DiskSource? parent, PageRange range, ReadOnlySpan<byte> bytes)
    {
        if (range.IsCleared)
        {
            Hide(disk, parent, range.Offset, range.End);
        }
        else if (parent is not null)
        {
            // Zeros too: in a child what is not written is the parent's.
            disk.Write(range.Offset, bytes);
        }
        else
        {
            for (int at = 0; ZeroScan.TryFindData(bytes, at, out int start, out int end); at = end)
            {
                disk.Write(range.Offset + start, bytes[start..end]);
            }
        }
    }

    /// <summary>Writes zeros over what the parent has in a range; where it has none, nothing hides them already.</summary>
    private static void Hide(ReceivedDisk disk, DiskSource? parent, long offset, long end)
    {
        long parentEnd = parent is null ? 0 : parent.SectorCount * VhdSpec.SectorSize;
        for (long at = offset; at < Math.Min(end, parentEnd);)
        {
            DiskExtent extent = parent!.FindExtent(at);
            long stop = Math.Min(extent.End, end);
            while (!extent.IsZero && at < stop)
            {
                int count = (int)Math.Min(Zeros.Length, stop - at);
                disk.Write(at, Zeros.AsSpan(0, count));
                at += count;
            }

            at = stop;
        }
    }

    /// <summary>Hashes the disk, gives the file its name and writes the record beside it.</summary>
    private byte[] HashAndCommit(JournalFile journal, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        progress?.Report(new WorkProgress(0, _state.SizeBytes) { Step = "Hashing the disk" });
        byte[] hash;
        var options = new VhdOpenOptions { Parents = ParentPolicy.Default with { ParentPath = _options.ParentPath } };
        bool isRaw = _options.ParentPath is null && _options.TargetFormat == DiskFormat.Raw;
        long fileSize;
        using (DiskSource disk = DiskSource.Open(PartialPath, isRaw ? SourceFormat.Raw : SourceFormat.Vhd, options))
        {
            hash = DiskHash.Compute(disk, HashAlgorithmName.SHA256, progress, cancellation);
            fileSize = disk.FileSize;
        }

        progress?.Report(
            new WorkProgress(_state.SizeBytes, _state.SizeBytes) { Step = $"Giving the new file its name '{_options.TargetPath}'" });
        PartialFile.Commit(PartialPath, _options.TargetPath, _options.Force);
        new ReceiveRecord
        {
            Uri = _state.Source,
            Snapshot = _state.Snapshot,
            PreviousSnapshot = _state.PreviousSnapshot,
            DiskSize = _state.SizeBytes,
            Sha256 = System.Convert.ToHexString(hash),
            FileSize = fileSize,
            LastWriteTime = PartialFile.LastWriteTime(_options.TargetPath),
        }.Write(_options.TargetPath);
        journal.Delete();
        return hash;
    }
}
