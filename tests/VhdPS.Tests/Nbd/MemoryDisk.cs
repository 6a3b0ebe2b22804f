using VhdPS.Engine.Files;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS.Tests.Nbd;

/// <summary>A disk in memory that fails where it is told to, and fails the test when it is used as no image may be used.</summary>
internal sealed class MemoryDisk(byte[] content, int sectorSize = 512) : ExportedDisk
{
    private const int HoleSize = 64 * 1024;

    private int _readerCount;
    private int _writerCount;

    /// <summary>What the disk holds.</summary>
    public byte[] Content { get; } = content;

    /// <summary>What a power cut would leave.</summary>
    public byte[] Durable { get; private set; } = (byte[])content.Clone();

    /// <summary>Reads that touch this byte fail; -1 for none.</summary>
    public long UnreadableOffset { get; set; } = -1;

    /// <summary>How every write fails; null for not at all.</summary>
    public Exception? WriteFailure { get; set; }

    /// <summary>Is waited for by every read.</summary>
    public ManualResetEventSlim Readable { get; } = new(initialState: true);

    /// <summary>Called inside every read.</summary>
    public Action? OnRead { get; set; }

    public int FlushCount { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Whether two threads were in at once that must not be.</summary>
    public bool WasMisused { get; private set; }

    /// <summary>Whether two readers were in at once.</summary>
    public bool WasShared { get; private set; }

    public bool IsWriteProtected { get; init; }

    public override string Path => "memory";

    public override long SizeBytes => Content.Length;

    public override int SectorSize => sectorSize;

    public override bool IsReadOnly => IsWriteProtected;

    public override void Read(long offset, Span<byte> buffer)
    {
        EnterAsReader();
        OnRead?.Invoke();
        Readable.Wait();
        ThrowIfUnaligned(offset, buffer.Length);
        if (UnreadableOffset >= offset && UnreadableOffset < offset + buffer.Length)
        {
            LeaveAsReader();
            throw new ImageIOException(Path, ImageIOOperation.Read, UnreadableOffset, new IOException("bad sector"));
        }

        int inside = (int)Math.Min(buffer.Length, Content.Length - offset);
        Content.AsSpan((int)offset, inside).CopyTo(buffer);
        buffer[inside..].Clear();
        LeaveAsReader();
    }

    public override void Write(long offset, ReadOnlySpan<byte> data)
    {
        EnterAsWriter();
        ThrowIfUnaligned(offset, data.Length);
        if (WriteFailure is { } failure)
        {
            LeaveAsWriter();
            throw failure;
        }

        data[..(int)Math.Min(data.Length, Content.Length - offset)].CopyTo(Content.AsSpan((int)offset));
        LeaveAsWriter();
    }

    public override void Zero(long offset, long length, bool mayDiscard) => Write(offset, new byte[length]);

    public override void Discard(long offset, long length) => Write(offset, new byte[length]);

    public override void Flush()
    {
        EnterAsWriter();
        FlushCount++;
        Durable = (byte[])Content.Clone();
        LeaveAsWriter();
    }

    /// <summary>Of each unit of 64 KiB that is all zeros every second takes no space.</summary>
    public override ExportedExtent FindExtent(long offset, long length)
    {
        ThrowIfUnaligned(offset, (int)length);
        long end = Math.Min((offset / HoleSize * HoleSize) + HoleSize, Math.Min(offset + length, Content.Length + sectorSize - 1));
        int unit = (int)(offset / HoleSize);
        bool isZero = !Content.AsSpan(unit * HoleSize, Math.Min(HoleSize, Content.Length - (unit * HoleSize))).ContainsAnyExcept((byte)0);
        return new ExportedExtent(end - offset, !isZero || unit % 2 == 0, isZero);
    }

    protected override void Dispose(bool disposing) => IsDisposed = true;

    private void ThrowIfUnaligned(long offset, int length) =>
        Assert.True(offset % sectorSize == 0 && length % sectorSize == 0, $"{length} bytes at {offset}");

    private void EnterAsReader()
    {
        WasShared |= Interlocked.Increment(ref _readerCount) > 1;
        WasMisused |= Volatile.Read(ref _writerCount) > 0;
    }

    private void LeaveAsReader() => Interlocked.Decrement(ref _readerCount);

    private void EnterAsWriter() => WasMisused |= Interlocked.Increment(ref _writerCount) > 1 || Volatile.Read(ref _readerCount) > 0;

    private void LeaveAsWriter() => Interlocked.Decrement(ref _writerCount);
}
