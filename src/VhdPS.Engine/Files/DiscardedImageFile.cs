namespace VhdPS.Engine.Files;

/// <summary>A new file that keeps its length and forgets its bytes: what a work would write, without writing.</summary>
internal sealed class DiscardedImageFile(string path) : ImageFile
{
    private readonly object _gate = new();
    private long _length;

    public override string Path => path;

    public override bool CanWrite => true;

    public override long Length => Interlocked.Read(ref _length);

    public override long SizeOnDisk => 0;

    public override FileIdentity Identity => default;

    public override int ReadAt(long fileOffset, Span<byte> buffer) => throw new NotSupportedException();

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            _length = Math.Max(_length, fileOffset + data.Length);
        }
    }

    public override void SetLength(long length)
    {
        lock (_gate)
        {
            _length = length;
        }
    }

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
