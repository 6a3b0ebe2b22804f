using VhdPS.Engine.Files;


namespace VhdPS.Tests.Crash;

/// <summary>Passes everything on to another file, and leaves it open when it is closed itself.</summary>
internal sealed class KeptOpenImageFile(ImageFile inner) : ImageFile
{
    public override string Path => inner.Path;

    public override bool CanWrite => true;

    public override long Length => inner.Length;

    public override long SizeOnDisk => inner.SizeOnDisk;

    public override FileIdentity Identity => inner.Identity;

    public override int ReadAt(long fileOffset, Span<byte> buffer) => inner.ReadAt(fileOffset, buffer);

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => inner.WriteAt(fileOffset, data);

    public override void SetLength(long length) => inner.SetLength(length);

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
    }
}
