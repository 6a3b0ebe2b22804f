using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Nbd.Client;

/// <summary>A disk that an NBD server offers, as a raw file that is read: what the server says is zeros are its holes.</summary>
/// <param name="source">The disk, which is closed with the file.</param>
internal sealed class NbdFile(NbdSource source) : ReadOnlyImageFile
{
    private readonly object _gate = new();

    public override string Path => source.Path;

    public override long Length => source.SizeBytes;

    public override long SizeOnDisk => source.SizeBytes;

    public override FileIdentity Identity => new(0, 0, 0, source.Path);

    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        RateLimit?.Wait(buffer.Length);
        source.ReadAt(fileOffset, buffer);
        return (int)Math.Clamp(Length - fileOffset, 0, buffer.Length);
    }

    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd)
    {
        // The source keeps what the server last said, and so one asks at a time.
        lock (_gate)
        {
            for (dataOffset = fileOffset; dataOffset < Length;)
            {
                DiskExtent extent = source.FindExtent(dataOffset - (dataOffset % VhdSpec.SectorSize));
                if (!extent.IsZero)
                {
                    dataEnd = extent.End;
                    return true;
                }

                dataOffset = extent.End;
            }
        }

        dataEnd = dataOffset;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }
    }
}
