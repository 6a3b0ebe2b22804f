using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Layout;

/// <summary>Reads the structures of one file and holds each value against the file and the others.</summary>
internal sealed class LayoutReader(ImageFile file, LayoutOptions options)
{
    private readonly LayoutDraft _draft = new(file, options);

    public ImageLayout Read()
    {
        FooterPair footers = FooterInBlock.Exclude(file, FooterPair.Read(file));
        StoredFooter? stored = footers.Choose(_draft.Findings, options.Force);
        if (stored is null)
        {
            return new ImageLayout { Path = file.Path, FileLength = file.Length, Footers = footers, Findings = _draft.Findings };
        }

        stored = DiskTypeConflict.Resolve(_draft, stored);
        HardDiskFooter footer = stored.Footer;
        long dataEnd = footers.End?.FileOffset ?? file.Length;
        VirtualSize size = VirtualSize.Of(footer, options.SizeRule);
        long sectorCount = FooterLayout.Check(_draft, stored, dataEnd, size);
        if (footer.DiskType is not (VhdType.Dynamic or VhdType.Differencing))
        {
            return new ImageLayout
            {
                Path = file.Path,
                FileLength = file.Length,
                Footers = footers,
                StoredFooter = stored,
                Size = size,
                SectorCount = sectorCount,
                Findings = _draft.Findings,
            };
        }

        _draft.Structures.Add(new StructureExtent(VhdStructure.FooterCopy, 0, VhdSpec.FooterSize));
        DynamicDiskHeader? header = HeaderLayout.Read(_draft, stored, dataEnd);
        int blockCount = 0, entryCount = 0;
        Batmap? batmap = null;
        if (header is not null)
        {
            (blockCount, entryCount) = TableLayout.Check(_draft, header, (long)footer.DataOffset, sectorCount, dataEnd);
            LocatorLayout.Check(_draft, header, footer.DiskType, (long)footer.DataOffset);
            batmap = Batmap.Find(_draft, header, footer);
        }

        // A table that cannot be used is no table of no blocks.
        bool hasTable = blockCount > 0 || sectorCount == 0;
        bool isUsable = header is not null && hasTable && !_draft.Findings.Exists(finding => finding.Effect == FaultEffect.Unreadable);
        return new ImageLayout
        {
            Path = file.Path,
            FileLength = file.Length,
            Footers = footers,
            StoredFooter = stored,
            Header = header,
            Size = size,
            SectorCount = sectorCount,
            BlockSize = isUsable ? (int)header!.BlockSize : 0,
            BlockCount = isUsable ? blockCount : 0,
            TableEntryCount = isUsable ? entryCount : 0,
            TableOffset = isUsable ? (long)header!.TableOffset : 0,
            Structures = [.. _draft.Structures.OrderBy(extent => extent.FileOffset)],
            LocatorsPastEnd = [.. _draft.LocatorsPastEnd.OrderBy(extent => extent.FileOffset)],
            BlocksPastDisk = isUsable ? _draft.BlocksPastDisk : [],
            Batmap = isUsable ? batmap : null,
            Findings = _draft.Findings,
        };
    }
}

/// <summary>What is known of a layout while it is read.</summary>
internal sealed class LayoutDraft(ImageFile file, LayoutOptions options)
{
    /// <summary>The file that is read.</summary>
    public ImageFile File => file;

    /// <summary>How it is to be read.</summary>
    public LayoutOptions Options => options;

    /// <summary>What departs from the specification, in the order in which it was found.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>The places found so far.</summary>
    public List<StructureExtent> Structures { get; } = [];

    /// <summary>Paths of locators that begin past the end of the file.</summary>
    public List<StructureExtent> LocatorsPastEnd { get; } = [];

    /// <summary>Places of blocks that only the larger of the two sizes has.</summary>
    public List<StructureExtent> BlocksPastDisk { get; } = [];

    /// <summary>A version as a finding shows it.</summary>
    public static string Version(uint value) => Invariant($"{value >> 16}.{value & 0xFFFF}");
}

/// <summary>How an image is to be read where its bytes leave a choice.</summary>
internal sealed record LayoutOptions
{
    /// <summary>The creator decides the size, and damage is refused.</summary>
    public static readonly LayoutOptions Default = new();

    /// <summary>Which of the two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Read what can be read: wrong checksums and missing fixed data are findings, not refusals.</summary>
    public bool Force { get; init; }

    /// <summary>Use a table that is cut off or too short as far as it goes: to read what its entries name, never to change.</summary>
    public bool ReadsCutTable { get; init; }
}
