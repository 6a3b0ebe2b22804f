using VhdPS.Engine.Files;


namespace VhdPS.Tests.Files;

/// <summary>Passes everything on to another file, and closes it when it is closed itself.</summary>
internal abstract class PassingImageFile(ImageFile inner) : ImageFile
{
    public override string Path => inner.Path;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => inner.Length;

    public override long SizeOnDisk => inner.SizeOnDisk;

    public override FileIdentity Identity => inner.Identity;

    public override int ReadAt(long fileOffset, Span<byte> buffer) => inner.ReadAt(fileOffset, buffer);

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => inner.WriteAt(fileOffset, data);

    public override void SetLength(long length) => inner.SetLength(length);

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing) => inner.Dispose();
}
