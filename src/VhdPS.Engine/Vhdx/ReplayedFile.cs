using VhdPS.Engine.Files;


namespace VhdPS.Engine.Vhdx;

/// <summary>
/// A file as it will be when the changes of its log are written into it: reads see the changes, and the file stays as it is.
/// Does not close the file.
/// </summary>
internal sealed class ReplayedFile(ImageFile file, LogOverlay overlay, long length) : ReadOnlyImageFile
{
    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <summary>Length in bytes after the changes.</summary>
    public override long Length => length;

    /// <inheritdoc/>
    public override long SizeOnDisk => file.SizeOnDisk;

    /// <inheritdoc/>
    public override DateTime LastWriteTime => file.LastWriteTime;

    /// <inheritdoc/>
    public override FileIdentity Identity => file.Identity;

    /// <inheritdoc/>
    public override RateLimit? RateLimit
    {
        get => file.RateLimit;
        set => file.RateLimit = value;
    }

    /// <inheritdoc/>
    public override int ReadAt(long fileOffset, Span<byte> buffer)
    {
        Span<byte> inside = buffer[..(int)Math.Clamp(length - fileOffset, 0, buffer.Length)];
        int held = (int)Math.Clamp(file.Length - fileOffset, 0, inside.Length);
        int count = file.ReadAt(fileOffset, inside[..held]);
        if (count < held)
        {
            // Cut off meanwhile: whoever reads is to see that, not zeros.
            inside = inside[..count];
        }

        inside[count..].Clear();
        overlay.Apply(file, fileOffset, inside);
        return inside.Length;
    }

    /// <inheritdoc/>
    public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd)
    {
        bool isInFile = file.TryFindData(fileOffset, out long fileStart, out long fileEnd);
        if (!overlay.TryFind(fileOffset, out long start, out long end) || (isInFile && fileEnd <= start))
        {
            (dataOffset, dataEnd) = (fileStart, fileEnd);
            return isInFile;
        }

        // A range of zeros counts as data: that is never wrong.
        dataOffset = isInFile ? Math.Min(fileStart, start) : start;
        dataEnd = isInFile && fileStart < start ? fileEnd : isInFile && fileStart <= end ? Math.Max(end, fileEnd) : end;
        return true;
    }

    /// <inheritdoc/>
    public override void Prefetch(long fileOffset, long prefetchLength) => file.Prefetch(fileOffset, prefetchLength);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
