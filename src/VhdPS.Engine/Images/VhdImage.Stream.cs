using VhdPS.Engine.Format;

namespace VhdPS.Engine.Images;

public sealed partial class VhdImage
{
    /// <summary>The disk as a stream of bytes, which takes writes where the image was opened for writing.</summary>
    /// <param name="leaveOpen">Whether the image stays open when the stream is closed, which then flushes it.</param>
    public Stream OpenStream(bool leaveOpen = false)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new DiskStream(new Bytes(this), ownsDisk: !leaveOpen);
    }

    private sealed class Bytes(VhdImage image) : IDiskBytes
    {
        public long SizeBytes => image.SectorCount * VhdSpec.SectorSize;

        public int UnitSize => VhdSpec.SectorSize;

        public bool CanWrite => image._options.ForWriting;

        public void Read(long offset, Span<byte> buffer) => image.ReadSectors(offset / VhdSpec.SectorSize, buffer);

        public void Write(long offset, ReadOnlySpan<byte> data) => image.WriteSectors(offset / VhdSpec.SectorSize, data);

        public void Flush() => image.Flush();

        public void Close() => image.Dispose();
    }
}
