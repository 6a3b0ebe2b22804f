using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Operations.Resize;

/// <summary>
/// Gives a fixed image another size in place. It has one footer and no copy, so the order is all there is:
/// <list type="bullet">
/// <item>X1: at every moment a whole footer ends the file, or one that proves itself lies before trailing bytes: its current
/// size is its offset, and it begins on a sector and so was written whole.</item>
/// <item>X2: before anything else the footer is brought to where the present size ends, so that it proves itself.</item>
/// <item>X3: to grow, the footer with the old size is put at the new end, then the old footer's place, which becomes data,
/// is made zeros, and only then the footer gets the new size. Where the file system reports no holes this goes in steps,
/// each a growth of its own: after a cut the footer is found by reading back through the zeros of one step.</item>
/// <item>X4: to shrink, the footer gets the new size where it is, then it is put at the new end, then the file is cut.</item>
/// </list>
/// Each step is synced before the next. Between them the file is longer than the disk, which readers accept.
/// </summary>
internal sealed class FixedResize
{
    private readonly ImageFile _file;
    private readonly ImageLayout _layout;
    private readonly long _newSize;
    private readonly long _step;

    /// <summary>Plans; nothing is written.</summary>
    /// <param name="image">The image, open for writing.</param>
    /// <param name="newSize">The disk's new size in bytes, a multiple of 512.</param>
    /// <param name="step">The most bytes that the disk grows by at once where the file system reports no holes; a multiple of 512.</param>
    public FixedResize(VhdImage image, long newSize, int step = FooterPair.ZeroSearchDistance)
    {
        _step = step;
        _file = image.File;
        _layout = image.Layout;
        _newSize = newSize;
        NewFooter = VirtualSize.Put(_layout.Footer, newSize);
    }

    public HardDiskFooter NewFooter { get; }

    /// <summary>The most that is written where the file system reports holes: the footer at three places, and zeros over one.</summary>
    public const long WrittenBytes = 4 * VhdSpec.FooterSize;

    public long NewFileLength => _newSize + VhdSpec.FooterSize;

    public bool IsChange => NewFileLength != _layout.FileLength || !NewFooter.Bytes.SequenceEqual(_layout.Footer.Bytes);

    /// <summary>
    /// Whether only zeros after the footer keep the image from being opened for writing, as a growth leaves them that was
    /// cut off between the file's new length and the footer at its end.
    /// </summary>
    public static bool CanRepair(ImageFile file, ImageLayout layout) =>
        layout is { StoredFooter: { } stored, VhdType: VhdType.Fixed }
        && layout.FindBlockingFinding(forWriting: false) is null
        && layout.Footers.TrailingBytes > 0
        && layout.Findings.All(finding => finding.Effect != FaultEffect.ReadOnly || finding.Code == FaultCode.TrailingBytes)
        && ZeroFill.IsClear(file, stored.FileOffset + stored.Footer.StoredLength, file.Length);

    /// <summary>Cuts the zeros after the footer; false where they are not all that is wrong.</summary>
    public static bool TryRepair(ImageFile file, ImageLayout layout)
    {
        if (!CanRepair(file, layout))
        {
            return false;
        }

        file.SetLength(layout.StoredFooter!.FileOffset + layout.Footer.StoredLength);
        file.Flush();
        return true;
    }

    /// <summary>Resizes; a growth that is cancelled between two steps leaves the old size.</summary>
    public void Run(IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        long oldSize = (long)_layout.Size.SizeBytes;
        HardDiskFooter footer = Settle(oldSize);
        if (_newSize > oldSize)
        {
            Grow(footer, oldSize, progress, cancellation);
            return;
        }

        Write(oldSize, NewFooter);
        if (_newSize < oldSize)
        {
            Write(_newSize, NewFooter);
            Cut(_newSize);
        }
    }

    private void Grow(HardDiskFooter footer, long oldSize, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        long step = _step;
        for (long size = oldSize; size < _newSize;)
        {
            if (cancellation.IsCancellationRequested)
            {
                Write(size, VirtualSize.Put(_layout.Footer, oldSize));
                Write(oldSize, VirtualSize.Put(_layout.Footer, oldSize));
                Cut(oldSize);
                cancellation.ThrowIfCancellationRequested();
            }

            long next = _newSize - size > step ? size + step : _newSize;
            Write(next, footer);
            ZeroFill.Clear(_file, size, Math.Min(next, size + VhdSpec.FooterSize), CancellationToken.None);
            _file.Flush();
            footer = next == _newSize ? NewFooter : VirtualSize.Put(_layout.Footer, next);
            Write(next, footer);
            if (IsHole(size + VhdSpec.FooterSize, next))
            {
                // What the system knows to be a hole is passed in one look, however long.
                step = long.MaxValue;
            }

            size = next;
            progress?.Report(new WorkProgress(size - oldSize, _newSize - oldSize));
        }
    }

    private bool IsHole(long from, long end) =>
        end - from > FooterPair.SearchDistance
            && (!_file.TryFindData(from + (end - from) / 4, out long data, out _) || data >= end - ((end - from) / 4));

    /// <summary>X2. What lay between the disk's end and the footer was seen by no reader and is given up.</summary>
    private HardDiskFooter Settle(long size)
    {
        HardDiskFooter footer = VirtualSize.Put(_layout.Footer, size);
        bool isSettled = _layout.DataEnd == size && _layout.Footer.StoredLength == VhdSpec.FooterSize
            && _layout.Footer.CurrentSize == (ulong)size;
        if (isSettled)
        {
            return _layout.Footer;
        }

        Write(size, footer);
        if (_file.Length > size + VhdSpec.FooterSize)
        {
            Cut(size);
        }

        return footer;
    }

    private void Cut(long size)
    {
        _file.SetLength(size + VhdSpec.FooterSize);
        _file.Flush();
    }

    private void Write(long fileOffset, HardDiskFooter footer)
    {
        _file.WriteAt(fileOffset, footer.Bytes);
        _file.Flush();
    }
}
