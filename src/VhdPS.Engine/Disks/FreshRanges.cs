using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Disks;

/// <summary>
/// Puts data into ranges of a new file in which nothing has been written: shared with the files it lies in as far as that goes,
/// else written. May be used on several threads at once, for ranges that do not touch.
/// </summary>
/// <param name="file">The new file.</param>
/// <param name="sharing">Shares extents; null where everything is copied.</param>
internal sealed class FreshRanges(ImageFile file, ExtentSharing? sharing)
{
    // Below this, reserving the place costs more than it saves.
    private const int LeastReserved = 256 * 1024;

    private long _dataBytes;

    /// <summary>Where bytes of a disk lie: of the bytes from an offset on, at most so many, the first run.</summary>
    public delegate StoredRun Lookup(long offset, long length);

    /// <summary>Reads bytes of a disk from an offset on.</summary>
    public delegate void Reader(long offset, Span<byte> buffer);

    /// <summary>Shares extents; null where everything is copied.</summary>
    public ExtentSharing? Sharing { get; } = sharing;

    /// <summary>Bytes of data that the file was given, copied or shared.</summary>
    public long DataBytes => Interlocked.Read(ref _dataBytes);

    /// <summary>Bytes of data that were copied.</summary>
    public long CopiedBytes => DataBytes - (Sharing?.SharedBytes ?? 0);

    /// <summary>Writes bytes that are no data of the disk.</summary>
    public void Write(long fileOffset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (bytes.Length >= LeastReserved)
        {
            file.Reserve(fileOffset, bytes.Length);
        }

        file.WriteAt(fileOffset, bytes);
    }

    /// <summary>Puts data that was read into the file.</summary>
    /// <param name="find">Says where it lies.</param>
    /// <param name="offset">Where the data is on the disk, in bytes.</param>
    /// <param name="fileOffset">Where it goes in the file.</param>
    /// <param name="bytes">What is written right before the data, and the data.</param>
    /// <param name="frontBytes">Bytes before the data.</param>
    public void Put(Lookup find, long offset, long fileOffset, ReadOnlySpan<byte> bytes, int frontBytes = 0)
    {
        Interlocked.Add(ref _dataBytes, bytes.Length - frontBytes);
        int done = 0, at = frontBytes;
        while (Sharing is not null && at < bytes.Length)
        {
            StoredRun run = find(offset + at - frontBytes, bytes.Length - at);
            (long copiedBytes, long sharedBytes) = Sharing.ShareFirst(run, fileOffset + at - frontBytes);
            at += (int)copiedBytes;
            if (sharedBytes > 0)
            {
                // After the sharing, which waits for what was written beside it.
                Write(fileOffset + done - frontBytes, bytes[done..at]);
                done = at += (int)sharedBytes;
            }
        }

        Write(fileOffset + done - frontBytes, bytes[done..]);
    }

    /// <summary>Puts data into the file without looking at it: only what is not shared is read.</summary>
    /// <param name="find">Says where it lies.</param>
    /// <param name="read">Reads what is not shared, in whole sectors.</param>
    /// <param name="offset">Where the data is on the disk, in bytes.</param>
    /// <param name="end">Its end on the disk; the last sector may be cut off.</param>
    /// <param name="fileOffset">Where it goes in the file.</param>
    /// <param name="chunk">Scratch.</param>
    /// <param name="stopping">Ends the work between requests.</param>
    public void PutUnread(
        Lookup find, Reader read, long offset, long end, long fileOffset, Span<byte> chunk, CancellationToken stopping)
    {
        while (offset < end)
        {
            stopping.ThrowIfCancellationRequested();
            StoredRun run = find(offset, VhdSpec.RoundUp(end - offset, VhdSpec.SectorSize));
            (long copiedBytes, long sharedBytes) = run.IsZero ? (0, run.Length)
                : Sharing?.ShareFirst(run, fileOffset) ?? (run.Length, 0);
            for (long done = 0; done < copiedBytes; done += chunk.Length)
            {
                stopping.ThrowIfCancellationRequested();
                Span<byte> piece = chunk[..(int)Math.Min(chunk.Length, copiedBytes - done)];
                read(offset + done, piece);
                Write(fileOffset + done, piece[..(int)Math.Min(piece.Length, end - offset - done)]);
            }

            Interlocked.Add(ref _dataBytes, run.IsZero ? 0 : copiedBytes + sharedBytes);
            offset += copiedBytes + sharedBytes;
            fileOffset += copiedBytes + sharedBytes;
        }
    }
}
