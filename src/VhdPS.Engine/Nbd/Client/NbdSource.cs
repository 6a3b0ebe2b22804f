using System.Runtime.ExceptionServices;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Nbd.Client;

/// <summary>
/// A disk that an NBD server offers, for reading. <see cref="ReadAt"/> may run on several threads at once; nothing else may.
/// A connection that is lost is made once more for each read.
/// </summary>
public sealed class NbdSource : IDisposable
{
    /// <summary>
    /// Bytes of one request, where the server takes as many. A disk of 1 GiB from qemu-nbd took 1.3 s by requests of 1 MiB, 0.7 s by 256
    /// or 128 KiB: a server reads the next ones while it sends, and what it sends is still in the cache of the processor.
    /// </summary>
    private const int PieceSize = 256 * 1024;

    /// <summary>Requests of one call that wait at once.</summary>
    private const int MaxPendingCount = 16;

    private readonly NbdUri _uri;
    private readonly ConnectionPool _connections;
    private readonly RemoteExport _export;
    private readonly AllocationMap _extents;
    private readonly AllocationMap _countedExtents;

    private NbdSource(NbdUri uri, ConnectionPool connections)
    {
        _uri = uri;
        _connections = connections;
        _export = connections.Export;
        _extents = new AllocationMap(_export, AskStatus);
        _countedExtents = new AllocationMap(_export, AskStatus);
    }

    /// <summary>The address.</summary>
    public string Path => _uri.ToString();

    /// <summary>The disk's size in bytes, which may be no whole number of sectors.</summary>
    public long SizeBytes => _export.SizeBytes;

    /// <summary>The disk's sectors; the last is filled up with zeros where the size is no whole number of them.</summary>
    public long SectorCount => VhdSpec.SectorsFor(SizeBytes);

    /// <summary>Connects to an export.</summary>
    /// <param name="uri">The address.</param>
    /// <param name="options">How the server is trusted and waited for.</param>
    /// <param name="cancellation">Makes what waits for the server fail, for as long as the source is open.</param>
    /// <exception cref="NbdException">There is no server, or it is none, refuses, or is not trusted.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static NbdSource Open(NbdUri uri, NbdClientOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return new NbdSource(uri, new ConnectionPool(uri, options ?? NbdClientOptions.Default, cancellation));
    }

    /// <summary>What lies at <paramref name="offset"/> and how far that goes, as the server says.</summary>
    /// <param name="offset">A multiple of 512, less than the size.</param>
    /// <exception cref="NbdException">The server cannot be asked.</exception>
    public DiskExtent FindExtent(long offset) => _extents.Find(offset);

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>; past the end of the disk with zeros.</summary>
    /// <param name="offset">A multiple of 512, at most the size rounded up to a sector.</param>
    /// <param name="buffer">A whole number of sectors.</param>
    /// <exception cref="NbdException">The bytes could not be had.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void ReadAt(long offset, Span<byte> buffer)
    {
        int inside = (int)Math.Clamp(SizeBytes - offset, 0, buffer.Length);
        buffer[inside..].Clear();
        if (offset % _export.MinBlockSize == 0 && (inside % _export.MinBlockSize == 0 || offset + inside == SizeBytes))
        {
            ReadBlocks(offset, buffer[..inside]);
            return;
        }

        // The server's blocks are larger than sectors: whole ones are read, a few at a time.
        int done = 0;
        byte[] blocks = new byte[Math.Max(PieceSize, _export.MinBlockSize)];
        while (done < inside)
        {
            long at = offset + done, start = at - (at % _export.MinBlockSize);
            int length = (int)Math.Min(Math.Min(VhdSpec.RoundUp(offset + inside, _export.MinBlockSize), SizeBytes) - start, blocks.Length);
            ReadBlocks(start, blocks.AsSpan(0, length));
            int taken = (int)Math.Min(start + length - at, inside - done);
            blocks.AsSpan((int)(at - start), taken).CopyTo(buffer[done..]);
            done += taken;
        }
    }

    /// <summary>
    /// How many bytes of a range may hold data, as the server says: exact enough for progress, and the parts of a disk add up
    /// to the whole.
    /// </summary>
    /// <exception cref="NbdException">The server cannot be asked.</exception>
    public long CountDataBytes(long offset, long endOffset)
    {
        long count = 0;
        for (long at = offset, end = Math.Min(endOffset, SizeBytes); at < end;)
        {
            DiskExtent extent = _countedExtents.Find(at);
            long partEnd = Math.Min(extent.End, end);
            count += extent.IsZero ? 0 : partEnd - at;
            at = partEnd;
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _connections.Dispose();

    /// <summary>Reads whole blocks in pieces, several of which are under way at once.</summary>
    private unsafe void ReadBlocks(long offset, Span<byte> buffer)
    {
        int pieceSize = Math.Min(_export.MaxPayload, PieceSize);
        fixed (byte* target = buffer)
        {
            var waiting = new Queue<Exchange>();
            ExceptionDispatchInfo? failure = null;
            for (int at = 0; at < buffer.Length || waiting.Count > 0;)
            {
                try
                {
                    if (at < buffer.Length && waiting.Count < MaxPendingCount && failure is null)
                    {
                        int length = Math.Min(pieceSize, buffer.Length - at);
                        waiting.Enqueue(BeginRead(offset + at, target + at, length));
                        at += length;
                    }
                    else if (waiting.TryDequeue(out Exchange? first))
                    {
                        ThrowIfError(first.End());
                    }
                    else
                    {
                        break;
                    }
                }
                catch (Exception error)
                {
                    // Those that wait are waited for all the same: they still write into the buffer.
                    failure ??= ExceptionDispatchInfo.Capture(error);
                }
            }

            failure?.Throw();
        }
    }

    private unsafe Exchange BeginRead(long offset, byte* target, int length) =>
        Exchange.Begin(_connections, () => new PendingRead(offset, target, length, _export.HasStructuredReplies));

    /// <summary>Where data is in a range, as far as the server cares to say; null where it refuses, which is no reason not to
    /// read.</summary>
    private IReadOnlyList<(long Length, bool IsZero)>? AskStatus(long offset, uint length)
    {
        var status = (PendingStatus)Exchange.Begin(
            _connections, () => new PendingStatus(offset, length, _export.AllocationContextId!.Value)).End();
        return status.Error == NbdError.None ? status.Extents : null;
    }

    private void ThrowIfError(PendingRequest request)
    {
        if (request.Error != NbdError.None)
        {
            string said = request.ErrorText.Length > 0 ? $": {request.ErrorText}" : string.Empty;
            throw new NbdException(
                Path,
                NbdFault.RequestFailed,
                $"the server could not read {request.Request.Length} bytes at offset {request.Request.Offset}: error "
                    + $"{(uint)request.Error}{said}.");
        }
    }
}
