namespace VhdPS.Engine.Files;

/// <summary>A file that someone else owns, lent to a reader that would close it.</summary>
internal sealed class NonOwningImageFile(ImageFile owned) : ImageFile
{
    public override string Path => owned.Path;

    public override bool CanWrite => false;

    public override long Length => owned.Length;

    public override long SizeOnDisk => owned.SizeOnDisk;

    public override DateTime LastWriteTime => owned.LastWriteTime;

    public override FileIdentity Identity => owned.Identity;

    public override int ReadAt(long fileOffset, Span<byte> buffer) => owned.ReadAt(fileOffset, buffer);

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    public override void SetLength(long length) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd) =>
        owned.TryFindData(fileOffset, out dataOffset, out dataEnd);

    public override void Prefetch(long fileOffset, long length) => owned.Prefetch(fileOffset, length);

    protected override void Dispose(bool disposing)
    {
    }
}
