using VhdPS.Engine.Disks;


namespace VhdPS.Engine.Nbd.Server;

/// <summary>Whatever can be read as a disk, for reading.</summary>
public sealed class SourceExport : ExportedDisk
{
    private readonly DiskSource _source;
    private readonly object _gate = new();

    /// <summary>Takes an open source over and closes it in the end.</summary>
    public SourceExport(DiskSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
    }

    /// <inheritdoc/>
    public override string Path => _source.Path;

    /// <inheritdoc/>
    public override long SizeBytes => _source.SizeBytes;

    /// <inheritdoc/>
    public override bool IsReadOnly => true;

    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> buffer) => _source.ReadAt(offset, buffer);

    /// <inheritdoc/>
    public override void Write(long offset, ReadOnlySpan<byte> data) => throw ReadOnly();

    /// <inheritdoc/>
    public override void Zero(long offset, long length, bool mayDiscard) => throw ReadOnly();

    /// <inheritdoc/>
    public override void Discard(long offset, long length) => throw ReadOnly();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override ExportedExtent FindExtent(long offset, long length)
    {
        // A source keeps what it last asked the system, and so one asks at a time.
        lock (_gate)
        {
            DiskExtent extent = _source.FindExtent(offset);
            return new ExportedExtent(Math.Min(length, extent.End - offset), !extent.IsZero, extent.IsZero);
        }
    }

    /// <inheritdoc/>
    public override void Prefetch(long offset, long length)
    {
        lock (_gate)
        {
            _source.Prefetch(offset, length);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }
    }

    private static NotSupportedException ReadOnly() => new("A source is read only.");
}
