using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Engine.Operations;

/// <summary>
/// Gives a fixed image another size in place. It has one footer and no copy, so the order is all there is:
/// <list type="bullet">
/// <item>X1: at every moment a whole footer lies behind the data, and it is written only where it begins on a sector.</item>
/// <item>X2: to grow, the footer with the old size is put at the new end first, then the old footer's place, which becomes
/// data, is made zeros, and only then the footer gets the new size.</item>
/// <item>X3: to shrink, the footer gets the new size where it is, then it is put at the new end, then the file is cut.</item>
/// </list>
/// Each step is synced before the next. Between them the file is longer than the disk, which readers accept.
/// </summary>
internal sealed class FixedResize
{
    private readonly ImageFile _file;
    private readonly ImageLayout _layout;
    private readonly long _newSize;

    public FixedResize(VhdImage image, long newSize)
    {
        _file = image.File;
        _layout = image.Layout;
        _newSize = newSize;
        NewFooter = VirtualSize.Put(_layout.Footer, newSize);
    }

    public HardDiskFooter NewFooter { get; }

    public long NewFileLength => _newSize + VhdSpec.FooterSize;

    public bool IsChange => NewFileLength != _layout.FileLength || !NewFooter.Bytes.SequenceEqual(_layout.Footer.Bytes);

    /// <summary>
    /// Whether only zeros behind the footer keep the image from being opened for writing, as a growth leaves them that was
    /// cut off between the file's new length and the footer at its end.
    /// </summary>
    public static bool CanMend(ImageFile file, ImageLayout layout) =>
        layout is { StoredFooter: { } stored, VhdType: VhdType.Fixed }
        && layout.FindRefusal(forWriting: false) is null
        && layout.Findings.All(finding => finding.Effect != FaultEffect.ReadOnly || finding.Code == FaultCode.TrailingBytes)
        && ZeroFill.IsClear(file, stored.FileOffset + stored.Footer.StoredLength, file.Length);

    /// <summary>Cuts the zeros behind the footer; false where they are not all that is wrong.</summary>
    public static bool TryMend(ImageFile file, ImageLayout layout)
    {
        if (!CanMend(file, layout))
        {
            return false;
        }

        file.SetLength(layout.StoredFooter!.FileOffset + layout.Footer.StoredLength);
        file.Flush();
        return true;
    }

    public void Run(CancellationToken cancellation)
    {
        long oldSize = (long)_layout.Size.SizeBytes, footerOffset = _layout.DataEnd;
        long footerEnd = footerOffset + _layout.Footer.StoredLength;
        if (_newSize > footerOffset)
        {
            Write(_newSize, _layout.Footer);
            Clear(oldSize, Math.Min(_newSize, footerEnd), cancellation);
            Write(_newSize, NewFooter);
            return;
        }

        Clear(oldSize, Math.Min(_newSize, footerOffset), cancellation);
        if (footerOffset % VhdSpec.SectorSize != 0)
        {
            footerOffset = VhdSpec.RoundUp(footerEnd, VhdSpec.SectorSize);
        }

        Write(footerOffset, NewFooter);
        if (_newSize < footerOffset)
        {
            Write(_newSize, NewFooter);
            _file.SetLength(NewFileLength);
            _file.Flush();
        }
    }

    private void Write(long fileOffset, HardDiskFooter footer)
    {
        _file.WriteAt(fileOffset, footer.Bytes);
        _file.Flush();
    }

    private void Clear(long from, long end, CancellationToken cancellation)
    {
        if (ZeroFill.Clear(_file, from, end, cancellation))
        {
            _file.Flush();
        }
    }
}
