namespace VhdPS.Engine.Images;

/// <summary>The bytes of a disk that a <see cref="DiskStream"/> is over, in whole units.</summary>
internal interface IDiskBytes
{
    /// <summary>The disk's size in bytes.</summary>
    public long SizeBytes { get; }

    /// <summary>Bytes of a unit; reads and writes begin on one, and end on one or with the disk's last, which is filled up.</summary>
    public int UnitSize { get; }

    /// <summary>Whether the disk takes writes.</summary>
    public bool CanWrite { get; }

    /// <summary>Fills a buffer of whole units.</summary>
    public void Read(long offset, Span<byte> buffer);

    /// <summary>Writes whole units.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data);

    /// <summary>Returns when all that was written is on the medium.</summary>
    public void Flush();

    /// <summary>Closes the disk.</summary>
    public void Close();
}

/// <summary>
/// The bytes of a virtual disk, from its first to its last, as a stream: any offset and length, whatever the disk's sectors. What
/// does not fill a sector is read, changed and written whole. The length is the disk's and stays. Not for several threads at once.
/// </summary>
public sealed class DiskStream : Stream
{
    private readonly IDiskBytes _disk;
    private readonly bool _ownsDisk;
    private readonly byte[] _unit;
    private long _position;
    private bool _isDisposed;

    internal DiskStream(IDiskBytes disk, bool ownsDisk)
    {
        _disk = disk;
        _ownsDisk = ownsDisk;
        _unit = new byte[disk.UnitSize];
    }

    /// <inheritdoc/>
    public override bool CanRead => !_isDisposed;

    /// <inheritdoc/>
    public override bool CanSeek => !_isDisposed;

    /// <inheritdoc/>
    public override bool CanWrite => !_isDisposed && _disk.CanWrite;

    /// <summary>The disk's size in bytes.</summary>
    public override long Length
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _disk.SizeBytes;
        }
    }

    /// <summary>Bytes from the start of the disk; may lie past its end, where nothing is read.</summary>
    public override long Position
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _position;
        }

        set
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>Returns when everything that was written is on the medium.</summary>
    /// <exception cref="Files.ImageIOException">The medium did not take it.</exception>
    public override void Flush()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _disk.Flush();
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.Run(Flush, cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long start = origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            SeekOrigin.End => Length,
            _ => throw new ArgumentException("The origin is none that is known.", nameof(origin)),
        };
        return offset >= -start && offset <= long.MaxValue - start
            ? _position = start + offset
            : throw new IOException("A place before the start of the disk was sought.");
    }

    /// <summary>Always refused: the size of a disk is not a stream's to change.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException("The size of a disk is not changed through a stream.");

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        buffer = buffer[..(int)Math.Clamp(_disk.SizeBytes - _position, 0, buffer.Length)];
        int total = buffer.Length;
        while (!buffer.IsEmpty)
        {
            int inUnit = (int)(_position % _unit.Length);
            int whole = inUnit == 0 ? buffer.Length - (buffer.Length % _unit.Length) : 0;
            if (whole > 0)
            {
                _disk.Read(_position, buffer[..whole]);
            }
            else
            {
                _disk.Read(_position - inUnit, _unit);
                whole = Math.Min(_unit.Length - inUnit, buffer.Length);
                _unit.AsSpan(inUnit, whole).CopyTo(buffer);
            }

            _position += whole;
            buffer = buffer[whole..];
        }

        return total;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Read(buffer.Span), cancellationToken));

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The disk was opened for reading.</exception>
    /// <exception cref="IOException">The bytes would pass the end of the disk; none was written.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_disk.CanWrite)
        {
            throw new NotSupportedException("The disk was opened for reading.");
        }

        if (buffer.Length > _disk.SizeBytes - _position)
        {
            throw new IOException("The bytes would pass the end of the disk, whose size does not change.");
        }

        while (!buffer.IsEmpty)
        {
            int inUnit = (int)(_position % _unit.Length);
            int whole = inUnit == 0 ? buffer.Length - (buffer.Length % _unit.Length) : 0;
            if (whole > 0)
            {
                _disk.Write(_position, buffer[..whole]);
            }
            else
            {
                whole = Math.Min(_unit.Length - inUnit, buffer.Length);
                _disk.Read(_position - inUnit, _unit);
                buffer[..whole].CopyTo(_unit.AsSpan(inUnit));
                _disk.Write(_position - inUnit, _unit);
            }

            _position += whole;
            buffer = buffer[whole..];
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Write(buffer.Span), cancellationToken));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            if (_ownsDisk)
            {
                _disk.Close();
            }
            else if (_disk.CanWrite)
            {
                _disk.Flush();
            }
        }

        base.Dispose(disposing);
    }
}
