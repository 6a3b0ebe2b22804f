using VhdPS.Engine.Files;


namespace VhdPS.Tests.Files;

/// <summary>A file in which a call can be made to fail or to lie. Calls from several threads come one at a time.</summary>
internal sealed class FlakyImageFile(ImageFile inner) : PassThroughImageFile(inner)
{
    private readonly object _gate = new();
    private int _reads;
    private int _writes;

    public override long SizeOnDisk => ClaimedSizeOnDisk ?? base.SizeOnDisk;

    public override DateTime LastWriteTime => WriteTime;

    public DateTime WriteTime { get; set; }

    public long? ClaimedSizeOnDisk { get; set; }

    /// <summary>Number of the read that fails, from 0; -1 for none.</summary>
    public int FailingRead { get; set; } = -1;

    /// <summary>Number of the write that fails, from 0; -1 for none.</summary>
    public int FailingWrite { get; set; } = -1;

    /// <summary>Called on what was read, with the number of the read and the offset.</summary>
    public Action<int, long, Memory<byte>>? Lie { get; set; }

    public int Reads => _reads;

    public int Writes => _writes;

    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        lock (_gate)
        {
            int number = _reads++;
            if (number == FailingRead)
            {
                throw new ImageIOException(Path, ImageIOOperation.Read, fileOffset, new IOException("Input/output error"));
            }

            int count = base.ReadAt(fileOffset, buffer);
            if (Lie is not null)
            {
                byte[] copy = buffer.ToArray();
                Lie(number, fileOffset, copy);
                copy.CopyTo(buffer);
            }

            return count;
        }
    }

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_writes++ == FailingWrite)
            {
                throw new ImageIOException(Path, ImageIOOperation.Write, fileOffset, new IOException("Input/output error"));
            }

            base.WriteAt(fileOffset, data);
        }
    }

    public override void SetLength(long length)
    {
        lock (_gate)
        {
            base.SetLength(length);
        }
    }
}
