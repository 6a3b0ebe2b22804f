using VhdPS.Engine.Files;


namespace VhdPS.Bench.Compare;

/// <summary>A file whose syncs do nothing, to see what they cost.</summary>
internal sealed class UnsyncedFile(ImageFile file) : ImageFile
{
    public override string Path => file.Path;

    public override bool CanWrite => file.CanWrite;

    public override long Length => file.Length;

    public override long SizeOnDisk => file.SizeOnDisk;

    public override FileIdentity Identity => file.Identity;

    public override int ReadAt(long fileOffset, Span<byte> buffer) => file.ReadAt(fileOffset, buffer);

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => file.WriteAt(fileOffset, data);

    public override void SetLength(long length) => file.SetLength(length);

    public override void Flush()
    {
    }

    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd) =>
        file.TryFindData(fileOffset, out dataOffset, out dataEnd);

    public override bool TryPunchHole(long fileOffset, long length) => file.TryPunchHole(fileOffset, length);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }
    }
}
