using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Images;

/// <summary>
/// Changes and moves the footers of a dynamic or differencing image so that a crash at any moment leaves one that is valid:
/// <list type="bullet">
/// <item>F1: the footer at the end and its copy at 0 are never written between the same two syncs.</item>
/// <item>F2: the footer at the end is moved by writing it again farther on or, when the file is cut, below; its old place is
/// free only after the sync after that.</item>
/// <item>F3: what is written begins on a sector, so that it is in the file whole or not at all.</item>
/// </list>
/// </summary>
internal sealed class FooterWriter
{
    private readonly ImageFile _file;

    public FooterWriter(ImageFile file, ImageLayout layout)
        : this(file, layout.Footer, layout.DataEnd)
    {
    }

    /// <summary>Takes over where something else has moved the footer at the end.</summary>
    public FooterWriter(ImageFile file, HardDiskFooter footer, long endOffset)
    {
        _file = file;
        Footer = footer;
        EndOffset = endOffset;
    }

    /// <summary>The footer that the file holds.</summary>
    public HardDiskFooter Footer { get; private set; }

    /// <summary>File offset of the footer at the end.</summary>
    public long EndOffset { get; private set; }

    /// <summary>
    /// Whether the footers are not both sound and equal, and nothing else keeps the image from being opened for writing: as
    /// an operation leaves them that was cut off.
    /// </summary>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static bool CanRepair(ImageFile file, ImageLayout layout) =>
        IsOfFootersOnly(layout) && AllPlaced(layout, SectorMap.ReadTable(file, layout));

    /// <summary>
    /// Makes both footers equal to the one that is valid, and the one at the end the last thing in the file; false where that is
    /// not all that is wrong.
    /// </summary>
    /// <exception cref="ImageIOException">The file could not be read or written.</exception>
    public static bool TryRepair(ImageFile file, ImageLayout layout)
    {
        if (!IsOfFootersOnly(layout))
        {
            return false;
        }

        BlockAllocationTable table = SectorMap.ReadTable(file, layout);
        if (!AllPlaced(layout, table))
        {
            return false;
        }

        var footers = new FooterWriter(file, layout);
        long end = EndAfterRepair(file, layout, table);
        if (layout.StoredFooter!.FileOffset == 0)
        {
            footers.MoveEnd(end);
            return true;
        }

        footers.WriteCopy();
        if (end == footers.EndOffset)
        {
            file.SetLength(end + footers.Footer.StoredLength);
            file.Flush();
        }
        else
        {
            footers.MoveEnd(end);
        }

        return true;
    }

    /// <summary>Where the footer at the end goes that is to lie at or after <paramref name="fileOffset"/> and clear of its present
    /// place.</summary>
    public long PlaceAtOrAfter(long fileOffset) => PlaceAtOrAfter(EndOffset, fileOffset);

    /// <summary>The same of a footer that lies at <paramref name="endOffset"/>.</summary>
    public static long PlaceAtOrAfter(long endOffset, long fileOffset) => endOffset % VhdSpec.SectorSize == 0
        ? Math.Max(endOffset, VhdSpec.RoundUp(fileOffset, VhdSpec.SectorSize))
        : VhdSpec.RoundUp(Math.Max(fileOffset, endOffset + VhdSpec.FooterSize), VhdSpec.SectorSize);

    /// <summary>Where the footer at the end lies after <see cref="TryRepair"/>, or now where nothing is to repair.</summary>
    public static long EndAfterRepair(ImageFile file, ImageLayout layout, BlockAllocationTable table)
    {
        if (!IsOfFootersOnly(layout) || !AllPlaced(layout, table))
        {
            return layout.DataEnd;
        }

        if (layout.StoredFooter!.FileOffset == 0)
        {
            return PlaceAtOrAfter(layout.DataEnd, Math.Max(layout.DataEnd, BlockAllocator.FindEnd(layout, table)));
        }

        return ZeroFill.IsClear(file, layout.DataEnd + layout.Footer.StoredLength, file.Length)
            ? layout.DataEnd
            : PlaceAtOrAfter(layout.DataEnd, file.Length);
    }

    /// <summary>Length of the file after <see cref="TryRepair"/>, in bytes, or now where nothing is to repair.</summary>
    public static long LengthAfterRepair(ImageFile file, ImageLayout layout, BlockAllocationTable table)
    {
        if (!IsOfFootersOnly(layout) || !AllPlaced(layout, table))
        {
            return layout.FileLength;
        }

        long end = EndAfterRepair(file, layout, table);
        return end + (end == layout.StoredFooter!.FileOffset ? layout.Footer.StoredLength : VhdSpec.FooterSize);
    }

    /// <summary>Writes the footer at a place after the present one, and syncs (F2).</summary>
    public void MoveEnd(long fileOffset)
    {
        long place = PlaceAtOrAfter(fileOffset);
        _file.WriteAt(place, Footer.Bytes);
        _file.Flush();
        EndOffset = place;
    }

    /// <summary>Puts a changed footer into both places, each synced before the next is touched (F1).</summary>
    public void Publish(HardDiskFooter footer)
    {
        Footer = footer;
        if (EndOffset % VhdSpec.SectorSize != 0)
        {
            MoveEnd(EndOffset);
        }
        else
        {
            _file.WriteAt(EndOffset, footer.Bytes);
            _file.Flush();
        }

        WriteCopy();
    }

    /// <summary>Writes the footer at <paramref name="fileOffset"/>, below its present place and clear of everything, and cuts the file
    /// after it.</summary>
    public void CutTo(long fileOffset)
    {
        if (fileOffset + VhdSpec.FooterSize > EndOffset || fileOffset % VhdSpec.SectorSize != 0)
        {
            return;
        }

        _file.WriteAt(fileOffset, Footer.Bytes);
        _file.Flush();
        EndOffset = fileOffset;
        _file.SetLength(fileOffset + VhdSpec.FooterSize);
        _file.Flush();
    }

    private static bool IsOfFootersOnly(ImageLayout layout) =>
        layout is { StoredFooter: not null, Header: not null, BlockCount: > 0 }
        && layout.FindBlockingFinding(forWriting: false) is null
        && layout.Findings.Any(finding => IsOfFooters(finding.Code))
        && layout.Findings.All(finding => finding.Effect != FaultEffect.ReadOnly || IsOfFooters(finding.Code));

    /// <summary>Whether every block has its place in the file: one past its end may be the data that a cut took.</summary>
    private static bool AllPlaced(ImageLayout layout, BlockAllocationTable table)
    {
        for (int blockIndex = 0; blockIndex < table.Count; blockIndex++)
        {
            if (table[blockIndex] != VhdSpec.UnusedEntry && layout.CheckEntry(blockIndex, table[blockIndex]) is not null)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsOfFooters(FaultCode code) => code
        is FaultCode.FooterMissing or FaultCode.FooterCopyMissing or FaultCode.FooterChecksumMismatch
        or FaultCode.FooterChecksumZero or FaultCode.FootersDiffer or FaultCode.TrailingBytes;

    private void WriteCopy()
    {
        _file.WriteAt(0, Footer.Bytes);
        _file.Flush();
    }
}
