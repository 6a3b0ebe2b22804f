using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Nbd.Server;

/// <summary>
/// A disk that many sessions use at once, byte by byte: readers share it, a writer has it to itself, and what is no whole
/// number of sectors is read, modified and written. Failures come back as the protocol's errors.
/// </summary>
internal sealed class SharedDisk(ExportedDisk disk) : IDisposable
{
    /// <summary>The most bytes of one turn of a writer, so that readers are not kept waiting; or one block, where that is more.</summary>
    private const int TurnSize = 4 * 1024 * 1024;

    private const int LargestSector = 4096;

    private static readonly byte[] Zeros = new byte[LargestSector];

    private readonly ReaderWriterLockSlim _gate = new(LockRecursionPolicy.NoRecursion);
    private readonly long _turnSize = Math.Max(TurnSize, disk.BlockSize);
    private long _changeCount;
    private long _flushedCount;

    public long SizeBytes { get; } = disk.SizeBytes;

    public int SectorSize { get; } = disk.SectorSize;

    public bool IsReadOnly { get; } = disk.IsReadOnly;

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>, all of it on the disk.</summary>
    public NbdError Read(long offset, Span<byte> buffer)
    {
        _gate.EnterReadLock();
        try
        {
            ReadBytes(offset, buffer);
            return NbdError.None;
        }
        catch (Exception error) when (IsFailure(error))
        {
            return ErrorOf(error);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Writes all of <paramref name="data"/>.</summary>
    public NbdError Write(long offset, ReadOnlySpan<byte> data)
    {
        _gate.EnterWriteLock();
        try
        {
            _changeCount++;
            WriteBytes(offset, data);
            return NbdError.None;
        }
        catch (Exception error) when (IsFailure(error))
        {
            return ErrorOf(error);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Makes a range read as zeros; parts of sectors too.</summary>
    /// <param name="offset">Bytes from the start of the disk.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="mayDiscard">Whether the range may give its space back.</param>
    /// <param name="isStopping">Asked between two turns; a range that is left in the middle is an error.</param>
    public NbdError Zero(long offset, long length, bool mayDiscard, Func<bool> isStopping) =>
        InTurns(offset, length, isStopping, (at, count) => ZeroBytes(at, count, mayDiscard));

    /// <summary>Gives back the space of the whole sectors of a range.</summary>
    public NbdError Discard(long offset, long length, Func<bool> isStopping)
    {
        long start = VhdSpec.RoundUp(offset, SectorSize), end = (offset + length) - ((offset + length) % SectorSize);
        return start < end ? InTurns(start, end - start, isStopping, disk.Discard) : NbdError.None;
    }

    /// <summary>Returns when everything that was written before is on the medium.</summary>
    public NbdError Flush()
    {
        long wanted = Interlocked.Read(ref _changeCount);
        _gate.EnterWriteLock();
        try
        {
            // Of several that wait, the first has done it for all.
            if (_flushedCount < wanted)
            {
                long count = _changeCount;
                disk.Flush();
                _flushedCount = count;
            }

            return NbdError.None;
        }
        catch (Exception error) when (IsFailure(error))
        {
            return ErrorOf(error);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>What lies at <paramref name="offset"/> and how far that goes, at most <paramref name="length"/>.</summary>
    public NbdError FindExtent(long offset, long length, out ExportedExtent extent)
    {
        _gate.EnterReadLock();
        try
        {
            long lead = offset % SectorSize;
            extent = disk.FindExtent(offset - lead, VhdSpec.RoundUp(length + lead, SectorSize));
            extent = extent with { Length = Math.Min(extent.Length - lead, length) };
            return NbdError.None;
        }
        catch (Exception error) when (IsFailure(error))
        {
            extent = default;
            return ErrorOf(error);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Tells the system that a range will be read soon.</summary>
    public void Prefetch(long offset, long length)
    {
        _gate.EnterReadLock();
        try
        {
            long lead = offset % SectorSize;
            disk.Prefetch(offset - lead, VhdSpec.RoundUp(length + lead, SectorSize));
        }
        catch (Exception error) when (IsFailure(error))
        {
            // The read itself will say what is wrong.
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    public void Dispose()
    {
        disk.Dispose();
        _gate.Dispose();
    }

    private static bool IsFailure(Exception error) => error is not OutOfMemoryException;

    private static NbdError ErrorOf(Exception error) => error switch
    {
        ImageIOException { IsDiskFull: true } => NbdError.NoSpace,
        VhdOperationException { Code: OperationError.ImageFull or OperationError.NotEnoughSpace } => NbdError.NoSpace,
        VhdOperationException { Code: OperationError.OpenedForReading } => NbdError.NotPermitted,
        _ => NbdError.InputOutput,
    };

    private NbdError InTurns(long offset, long length, Func<bool> isStopping, Action<long, long> change)
    {
        while (length > 0)
        {
            if (isStopping())
            {
                return NbdError.Shutdown;
            }

            long part = Math.Min(length, _turnSize - (offset % _turnSize));
            _gate.EnterWriteLock();
            try
            {
                _changeCount++;
                change(offset, part);
            }
            catch (Exception error) when (IsFailure(error))
            {
                return ErrorOf(error);
            }
            finally
            {
                _gate.ExitWriteLock();
            }

            offset += part;
            length -= part;
        }

        return NbdError.None;
    }

    private void ReadBytes(long offset, Span<byte> buffer)
    {
        int lead = (int)(offset % SectorSize);
        if (lead == 0 && buffer.Length % SectorSize == 0)
        {
            disk.Read(offset, buffer);
            return;
        }

        Span<byte> sector = stackalloc byte[LargestSector];
        sector = sector[..SectorSize];
        if (lead != 0)
        {
            int count = Math.Min(SectorSize - lead, buffer.Length);
            disk.Read(offset - lead, sector);
            sector.Slice(lead, count).CopyTo(buffer);
            offset += count;
            buffer = buffer[count..];
        }

        int whole = buffer.Length - (buffer.Length % SectorSize);
        if (whole > 0)
        {
            disk.Read(offset, buffer[..whole]);
        }

        if (whole < buffer.Length)
        {
            disk.Read(offset + whole, sector);
            sector[..(buffer.Length - whole)].CopyTo(buffer[whole..]);
        }
    }

    private void WriteBytes(long offset, ReadOnlySpan<byte> data)
    {
        int lead = (int)(offset % SectorSize);
        if (lead != 0)
        {
            int count = Math.Min(SectorSize - lead, data.Length);
            ModifySector(offset - lead, lead, data[..count]);
            offset += count;
            data = data[count..];
        }

        int whole = data.Length - (data.Length % SectorSize);
        if (whole > 0)
        {
            disk.Write(offset, data[..whole]);
        }

        if (whole < data.Length)
        {
            ModifySector(offset + whole, 0, data[whole..]);
        }
    }

    private void ZeroBytes(long offset, long length, bool mayDiscard)
    {
        int lead = (int)(offset % SectorSize);
        if (lead != 0)
        {
            int count = (int)Math.Min(SectorSize - lead, length);
            ModifySector(offset - lead, lead, Zeros.AsSpan(0, count));
            offset += count;
            length -= count;
        }

        long whole = length - (length % SectorSize);
        if (whole > 0)
        {
            disk.Zero(offset, whole, mayDiscard);
        }

        if (whole < length)
        {
            ModifySector(offset + whole, 0, Zeros.AsSpan(0, (int)(length - whole)));
        }
    }

    private void ModifySector(long sectorOffset, int at, ReadOnlySpan<byte> data)
    {
        Span<byte> sector = stackalloc byte[LargestSector];
        sector = sector[..SectorSize];
        disk.Read(sectorOffset, sector);
        data.CopyTo(sector[at..]);
        disk.Write(sectorOffset, sector);
    }
}
