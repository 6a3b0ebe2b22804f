using VhdPS.Engine.Files;

namespace VhdPS.Tests.Vhdx;

/// <summary>
/// A file with some bytes and the length of another changed, which costs no copy of it. Proves how it is used: no place below
/// zero or past what any file has, and no writing.
/// </summary>
internal sealed class PatchedFile(ImageFile inner) : ImageFile
{
    private readonly List<(long Offset, byte[] Bytes)> _patches = [];
    private long _length = inner.Length;

    public override string Path => "hostile.vhdx";

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long SizeOnDisk => inner.SizeOnDisk;

    public override FileIdentity Identity => new(0, 0, 0, Path);

    /// <summary>Changes bytes.</summary>
    public void Patch(long fileOffset, byte[] bytes) => _patches.Add((fileOffset, bytes));

    /// <summary>Cuts the file, or grows it with zeros.</summary>
    public void Resize(long length) => _length = length;

    /// <summary>Bytes as they are now; zeros past the end.</summary>
    public byte[] Read(long fileOffset, int count)
    {
        byte[] bytes = new byte[count];
        ReadAt(fileOffset, bytes);
        return bytes;
    }

    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        Assert.InRange(fileOffset, 0, long.MaxValue - buffer.Length);
        Span<byte> inside = buffer[..(int)Math.Clamp(_length - fileOffset, 0, buffer.Length)];
        inside[inner.ReadAt(fileOffset, inside)..].Clear();
        foreach ((long offset, byte[] bytes) in _patches)
        {
            long start = Math.Max(offset, fileOffset), end = Math.Min(offset + bytes.Length, fileOffset + inside.Length);
            if (start < end)
            {
                bytes.AsSpan((int)(start - offset), (int)(end - start)).CopyTo(inside[(int)(start - fileOffset)..]);
            }
        }

        return inside.Length;
    }

    public override void WriteAt(long fileOffset, ReadOnlySpan<byte> data) => Assert.Fail("the file is written");

    public override void SetLength(long length) => Assert.Fail("the file is cut");

    public override void Flush() => Assert.Fail("the file is flushed");

    protected override void Dispose(bool disposing)
    {
    }
}
