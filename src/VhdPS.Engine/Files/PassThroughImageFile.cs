namespace VhdPS.Engine.Files;

/// <summary>Passes every call on to another file: the base of files that change one thing.</summary>
/// <param name="inner">The other file.</param>
/// <param name="closesInner">Whether it is closed with this one.</param>
internal abstract class PassThroughImageFile(ImageFile inner, bool closesInner = true) : ImageFile
{
    /// <summary>The other file.</summary>
    protected ImageFile Inner => inner;

    public override string Path => inner.Path;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => inner.Length;

    public override long SizeOnDisk => inner.SizeOnDisk;

    public override FileAttributes? WindowsAttributes => inner.WindowsAttributes;

    public override DateTime LastWriteTime => inner.LastWriteTime;

    public override FileIdentity Identity => inner.Identity;

    internal override bool HasChanged => inner.HasChanged;

    public override RateLimit? RateLimit
    {
        get => inner.RateLimit;
        set => inner.RateLimit = value;
    }

    public override int ReadAt(long fileOffset, Span<byte> buffer) => inner.ReadAt(fileOffset, buffer);

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => inner.WriteAt(fileOffset, data);

    public override void SetLength(long length) => inner.SetLength(length);

    public override void Flush() => inner.Flush();

    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd) =>
        inner.TryFindData(fileOffset, out dataOffset, out dataEnd);

    public override bool TryPunchHole(long fileOffset, long length) => inner.TryPunchHole(fileOffset, length);

    public override void Reserve(long fileOffset, long length) => inner.Reserve(fileOffset, length);

    internal override string? TryShare(LocalImageFile source, long sourceOffset, long length, long fileOffset) =>
        inner.TryShare(source, sourceOffset, length, fileOffset);

    public override void Prefetch(long fileOffset, long length) => inner.Prefetch(fileOffset, length);

    protected override void Dispose(bool disposing)
    {
        if (disposing && closesInner)
        {
            inner.Dispose();
        }
    }
}

/// <summary>A file that someone else owns, lent to a reader that would close it, or that is to see it changed.</summary>
internal class NonOwningImageFile(ImageFile owned) : PassThroughImageFile(owned, closesInner: false)
{
    public override bool CanWrite => false;

    internal override LocalImageFile? ShareSource => Inner.ShareSource;

    internal override string? TryShare(LocalImageFile source, long sourceOffset, long length, long fileOffset) =>
        throw new NotSupportedException();

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    public override void SetLength(long length) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override bool TryPunchHole(long fileOffset, long length) => false;

    public override void Reserve(long fileOffset, long length)
    {
    }
}

/// <summary>A file that someone else owns, lent to one that writes to it and would close it.</summary>
internal sealed class WritableNonOwningImageFile(ImageFile owned) : PassThroughImageFile(owned, closesInner: false)
{
}
