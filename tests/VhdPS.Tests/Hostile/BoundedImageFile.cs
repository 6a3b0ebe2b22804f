using VhdPS.Engine.Files;
using VhdPS.Tests.Files;


namespace VhdPS.Tests.Hostile;

/// <summary>
/// A file in memory that proves how it is used: no place below zero, no length that no file has, no writing when it is only read.
/// </summary>
internal sealed class BoundedImageFile : ImageFile
{
    /// <summary>A table entry reaches to 2 TiB; a block of the largest size and a footer may follow.</summary>
    private const long MaxLength = (1L << 41) + (1L << 29);

    private readonly MemoryImageFile _inner;

    public BoundedImageFile(byte[] bytes) => _inner = new MemoryImageFile(bytes);

    public BoundedImageFile(byte[] bytes, string path) => _inner = new MemoryImageFile(bytes, path);

    public BoundedImageFile(MemoryImageFile inner)
    {
        _inner = inner;
        CanWrite = true;
    }

    public override string Path => _inner.Path;

    public override bool CanWrite { get; }

    public override long Length => _inner.Length;

    public override long SizeOnDisk => _inner.SizeOnDisk;

    public override FileIdentity Identity => _inner.Identity;

    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        Assert.InRange(fileOffset, 0, MaxLength * 4);
        return _inner.ReadAt(fileOffset, buffer);
    }

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data)
    {
        Assert.True(CanWrite, "a file that was opened for reading is written");
        Assert.InRange(fileOffset, 0, MaxLength - data.Length);
        _inner.WriteAt(fileOffset, data);
    }

    public override void SetLength(long length)
    {
        Assert.True(CanWrite, "a file that was opened for reading is cut");
        Assert.InRange(length, 0, MaxLength);
        _inner.SetLength(length);
    }

    public override void Flush() => _inner.Flush();

    protected override void Dispose(bool disposing) => _inner.Dispose();
}
