namespace VhdPS.Engine.Vhdx;

/// <summary>The disk that a differencing image is a child of, whatever holds it. Calls may come from several threads at once.</summary>
internal interface IVhdxParent
{
    /// <summary>The virtual size in bytes; what the child reads past it are zeros.</summary>
    public long SizeBytes { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>.</summary>
    /// <param name="offset">Bytes from the start of the disk.</param>
    /// <param name="buffer">Bytes that are all on the disk.</param>
    public void ReadAt(long offset, Span<byte> buffer);

    /// <summary>The longest run from an offset on that is certain to be zeros, or is not.</summary>
    /// <param name="offset">Bytes from the start of the disk.</param>
    /// <param name="length">The most bytes that are wanted, at least 1 and all on the disk.</param>
    /// <param name="isZero">Whether the run is certain to be zeros.</param>
    /// <returns>Bytes, at least 1.</returns>
    public long FindRun(long offset, long length, out bool isZero);

    /// <summary>Tells the system that a range will be read soon.</summary>
    public void Prefetch(long offset, long length);
}
