using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Vhdx;

/// <summary>
/// The disk in a VHDX file, open for reading. Changes that wait in the file's log are seen, and the file stays as it is.
/// Reads and look-ups may run on several threads at once.
/// </summary>
internal sealed class VhdxImage : IDisposable
{
    private readonly ImageFile _stored;
    private readonly IVhdxParent? _parent;
    private readonly VhdxMap _map;

    private VhdxImage(ImageFile stored, VhdxLayout layout, IVhdxParent? parent)
    {
        _stored = stored;
        _parent = layout.VhdType == VhdType.Differencing ? parent : null;
        Layout = layout;
        File = layout.Replay(stored);
        _map = new VhdxMap(File, layout);
    }

    /// <summary>Where everything lies in the file.</summary>
    public VhdxLayout Layout { get; }

    /// <summary>The file with the changes of its log; for the holes in it.</summary>
    public ImageFile File { get; }

    /// <summary>The file as it is stored.</summary>
    public ImageFile StoredFile => _stored;

    /// <summary>The virtual size in bytes.</summary>
    public long SizeBytes => Layout.Metadata!.SizeBytes;

    /// <summary>Bytes of a sector as the disk shows it, 512 or 4096.</summary>
    public int LogicalSectorSize => Layout.Metadata!.LogicalSectorSize;

    /// <summary>Bytes of a sector as the disk recommends to write it, 512 or 4096.</summary>
    public int PhysicalSectorSize => Layout.Metadata!.PhysicalSectorSize;

    /// <summary>Opens a file and owns it from then on, also when it is refused.</summary>
    /// <exception cref="VhdFormatException">It is not a VHDX file that can be read.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static VhdxImage Open(ImageFile file, VhdxOpenOptions? options = null)
    {
        options ??= VhdxOpenOptions.Default;
        try
        {
            var layout = VhdxLayout.Read(file);
            return layout.FindBlockingFinding(options.Force) is { } refusal
                ? throw new VhdFormatException(file.Path, refusal)
                : new VhdxImage(file, layout, options.Parent);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Where the bytes of the disk come from, of which this file is asked alone.</summary>
    /// <param name="offset">Bytes from the start of the disk, less than its size.</param>
    /// <param name="length">The most bytes that are wanted, at least 1 and all on the disk.</param>
    /// <exception cref="VhdFormatException">The block there cannot be found.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public VhdxRun Find(long offset, long length) => _map.Find(offset, length);

    /// <summary>
    /// Whether the bytes of the disk are certain to be zeros, with the parent asked where there is one; what is the parent's
    /// stays so where none is known.
    /// </summary>
    /// <param name="offset">Bytes from the start of the disk, less than its size.</param>
    /// <param name="length">The most bytes that are wanted, at least 1 and all on the disk.</param>
    /// <exception cref="VhdFormatException">The block there cannot be found.</exception>
    /// <exception cref="ImageIOException">A file could not be read.</exception>
    public VhdxRun FindExtent(long offset, long length)
    {
        VhdxRun run = Find(offset, length);
        if (run.Origin != VhdxOrigin.Parent || _parent is null)
        {
            return run;
        }

        long held = Math.Min(run.Length, _parent.SizeBytes - offset);
        if (held <= 0)
        {
            return run with { Origin = VhdxOrigin.Zero };
        }

        long found = _parent.FindRun(offset, held, out bool isZero);
        return run with { Length = found, Origin = isZero ? VhdxOrigin.Zero : VhdxOrigin.Parent };
    }

    /// <summary>Fills <paramref name="buffer"/> with the disk's bytes from <paramref name="offset"/> on.</summary>
    /// <param name="offset">Bytes from the start of the disk.</param>
    /// <param name="buffer">Bytes that are all on the disk.</param>
    /// <exception cref="ArgumentOutOfRangeException">The request passes the end of the disk; nothing was read.</exception>
    /// <exception cref="VhdFormatException">A block cannot be found, or is the parent's and no parent is known.</exception>
    /// <exception cref="ImageIOException">A file could not be read, or has become shorter.</exception>
    public void ReadAt(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > SizeBytes || buffer.Length > SizeBytes - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"{Layout.Path}: {buffer.Length} bytes from {offset} on are not all on the disk, which has {SizeBytes}.");
        }

        while (!buffer.IsEmpty)
        {
            VhdxRun run = Find(offset, buffer.Length);
            Span<byte> part = buffer[..(int)run.Length];
            switch (run.Origin)
            {
                case VhdxOrigin.File when File.ReadAt(run.FileOffset, part) < part.Length:
                    throw ShortRead.At(_stored, run.FileOffset);
                case VhdxOrigin.File:
                    break;
                case VhdxOrigin.Parent:
                    ReadParent(offset, part);
                    break;
                default:
                    part.Clear();
                    break;
            }

            offset += part.Length;
            buffer = buffer[part.Length..];
        }
    }

    /// <summary>Tells the system that a range of the disk will be read soon.</summary>
    /// <exception cref="VhdFormatException">A block cannot be found.</exception>
    public void Prefetch(long offset, long length)
    {
        for (long end = Math.Min(SizeBytes, offset + length); offset < end;)
        {
            VhdxRun run = Find(offset, end - offset);
            if (run.Origin == VhdxOrigin.File)
            {
                File.Prefetch(run.FileOffset, run.Length);
            }
            else if (run.Origin == VhdxOrigin.Parent && _parent is not null && run.Offset < _parent.SizeBytes)
            {
                _parent.Prefetch(run.Offset, Math.Min(run.Length, _parent.SizeBytes - run.Offset));
            }

            offset = run.End;
        }
    }

    /// <summary>
    /// All blocks in the order of the disk, in runs of one state and adjacent places. What is wrong with a place is not judged.
    /// </summary>
    /// <exception cref="ImageIOException">The table could not be read.</exception>
    public IEnumerable<VhdxBlockRun> EnumerateBlocks()
    {
        VhdxBlockRun? run = null;
        for (long blockIndex = 0; blockIndex < Layout.Chunks.BlockCount; blockIndex++)
        {
            TableEntry entry = _map.PayloadEntry(blockIndex);
            long fileOffset = entry.IsInFile && entry.TryGetFileOffset(out long place) ? place : -1;
            if (run is { } last && last.State == entry.State && fileOffset == Next(last))
            {
                run = last with { BlockCount = last.BlockCount + 1 };
                continue;
            }

            if (run is { } ended)
            {
                yield return ended;
            }

            run = new VhdxBlockRun(blockIndex, 1, entry.State, fileOffset);
        }

        if (run is { } rest)
        {
            yield return rest;
        }
    }

    /// <summary>The bitmap blocks of a differencing image, in the order of the disk. What is wrong with a place is not judged.</summary>
    /// <exception cref="ImageIOException">The table could not be read.</exception>
    public IEnumerable<VhdxExtent> EnumerateBitmaps()
    {
        long chunkCount = Layout.VhdType == VhdType.Differencing ? Layout.Chunks.ChunkCount : 0;
        for (long chunkIndex = 0; chunkIndex < chunkCount; chunkIndex++)
        {
            TableEntry entry = _map.BitmapEntry(chunkIndex);
            if (entry.State == PayloadState.FullyPresent && entry.TryGetFileOffset(out long fileOffset))
            {
                yield return new VhdxExtent(VhdStructure.SectorBitmap, fileOffset, VhdxSpec.Mebibyte);
            }
        }
    }

    /// <summary>The table's entry of a block. What is wrong with a place is not judged.</summary>
    /// <exception cref="ImageIOException">The table could not be read.</exception>
    public TableEntry ReadEntry(long blockIndex) => _map.PayloadEntry(blockIndex);

    /// <summary>Bytes of a block in use that are in the file.</summary>
    /// <exception cref="VhdFormatException">The block or its bitmap cannot be found.</exception>
    public long CountPresent(long blockIndex) => _map.CountPresent(blockIndex);

    /// <inheritdoc/>
    public void Dispose() => _stored.Dispose();

    private long Next(VhdxBlockRun run) => run.FileOffset < 0 ? -1 : run.FileOffset + (run.BlockCount * Layout.Metadata!.BlockSize);

    private void ReadParent(long offset, Span<byte> buffer)
    {
        if (_parent is null)
        {
            throw new VhdFormatException(Layout.Path, new Finding(
                FaultCode.ParentNotFound, VhdStructure.Chain, null, "a parent", "none",
                "Data of the parent is asked for, and no parent is known."));
        }

        int held = (int)Math.Clamp(_parent.SizeBytes - offset, 0, buffer.Length);
        if (held > 0)
        {
            _parent.ReadAt(offset, buffer[..held]);
        }

        buffer[held..].Clear();
    }
}
