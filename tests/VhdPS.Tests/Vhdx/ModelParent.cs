using VhdPS.Engine.Vhdx;

namespace VhdPS.Tests.Vhdx;

/// <summary>A parent whose disk is an array.</summary>
internal sealed class ModelParent(byte[] disk) : IVhdxParent
{
    public long SizeBytes => disk.Length;

    /// <summary>Ranges that were to be read soon.</summary>
    public List<(long Offset, long Length)> Prefetched { get; } = [];

    public void ReadAt(long offset, Span<byte> buffer) => disk.AsSpan((int)offset, buffer.Length).CopyTo(buffer);

    public long FindRun(long offset, long length, out bool isZero)
    {
        ReadOnlySpan<byte> rest = disk.AsSpan((int)offset, (int)length);
        isZero = rest[0] == 0;
        int run = isZero ? rest.IndexOfAnyExcept((byte)0) : rest.IndexOf((byte)0);
        return run < 0 ? length : run;
    }

    public void Prefetch(long offset, long length) => Prefetched.Add((offset, length));
}
