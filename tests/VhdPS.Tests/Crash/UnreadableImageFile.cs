using VhdPS.Engine.Storage;

namespace VhdPS.Tests.Crash;

/// <summary>Passes everything on to another file, and fails one of the reads.</summary>
internal sealed class UnreadableImageFile(ImageFile inner, int failAt) : ImageFile
{
    private const int IOErrorErrno = 5;

    /// <summary>Reads so far.</summary>
    public int ReadCount { get; private set; }

    public override string Path => inner.Path;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => inner.Length;

    public override long SizeOnDisk => inner.SizeOnDisk;

    public override FileIdentity Identity => inner.Identity;

    public override int ReadAt(long fileOffset, Span<byte> buffer) => ReadCount++ == failAt
        ? throw new ImageIOException(Path, ImageIOOperation.Read, fileOffset, new IOException("Input/output error", IOErrorErrno))
        : inner.ReadAt(fileOffset, buffer);

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => inner.WriteAt(fileOffset, data);

    public override void SetLength(long length) => inner.SetLength(length);

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing) => inner.Dispose();
}
