using System.Globalization;
using System.Management.Automation.Host;
using System.Text;
using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS;

/// <summary>A map of blocks as text: cells in 24-bit colour, or in plain characters.</summary>
public static class MapPicture
{
    private const int LabelWidth = 11;
    private const int MinWidth = 40;
    private const int MaxWidth = 200;
    private const int MaxRowCount = 12;
    private const string Reset = "\u001B[0m";
    private const string Alarm = "\u001B[91m";
    private const string Dim = "\u001B[90m";

    /// <summary>The picture as wide as the host is, in colour where it can.</summary>
    public static string ForHost(VpcMap map, PSHost host)
    {
        bool isColoured = host.UI is { SupportsVirtualTerminal: true } && !Console.IsOutputRedirected
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return Draw(map, WidthOf(host), isColoured);
    }

    /// <summary>The picture in a given width.</summary>
    /// <param name="map">The map.</param>
    /// <param name="width">Columns.</param>
    /// <param name="isColoured">Whether places are shown by colour; else by the digits 0 to 9.</param>
    public static string Draw(VpcMap map, int width, bool isColoured)
    {
        int cellCount = Math.Clamp(width, MinWidth, MaxWidth) - LabelWidth - 3;
        var text = new StringBuilder();
        string blocks = map.BlockCount is { } count
            ? string.Create(
                CultureInfo.CurrentCulture,
                $"{map.AllocatedBlockCount} of {count} blocks of {VpcSize.Format(map.BlockSize)} in the file, "
                    + $"{map.FragmentationPercentage} % fragmented\n")
            : string.Empty;
        string name = PrintableText.Escape(Path.GetFileName(map.Path));
        string kind = $"{map.VhdType}, {VpcSize.Format(map.Size)}";

        // A name that leaves no space has a line to itself, so that the words after it stay whole.
        string separator = name.Length + kind.Length + 2 <= width ? " " : "\n";
        text.Append(CultureInfo.CurrentCulture, $"{name}:{separator}{kind}\n{blocks}\n");
        bool hasParent = map.VhdType == VhdType.Differencing;
        AppendPartitions(text, map.Partitions, cellCount);
        AppendGrid(text, $"Disk, by place in the file ({PerCell(map.Size, map.Raster.Disk.Length, cellCount)})", map.Raster.Disk, map.Size,
            cellCount, isColoured, hasParent ? '-' : '.');
        AppendGrid(text, $"File, by place on the disk ({PerCell(map.FileSize, map.Raster.File.Length, cellCount)})", map.Raster.File,
            map.FileSize, cellCount, isColoured, '.');
        AppendLegend(text, isColoured, hasParent, map.Raster.HasDamage);
        return text.ToString();
    }

    private static int WidthOf(PSHost host)
    {
        try
        {
            int width = host.UI?.RawUI?.BufferSize.Width ?? 0;
            return width > 0 ? width - 1 : 80;
        }
        catch (Exception error) when (error is NotImplementedException or HostException or InvalidOperationException or IOException)
        {
            // A host without a screen.
            return 80;
        }
    }

    private static int RowCount(int binCount, int cellCount) => Math.Min(MaxRowCount, (binCount + cellCount - 1) / cellCount);

    private static string PerCell(long size, int binCount, int cellCount) =>
        $"one cell: {VpcSize.Format(size / Math.Max(1, Math.Min(binCount, RowCount(binCount, cellCount) * cellCount)))}";

    private static void AppendGrid(StringBuilder text, string title, MapBin[] bins, long size, int width, bool isColoured, char absent)
    {
        text.Append(title).Append('\n');
        int cells = Math.Min(bins.Length, RowCount(bins.Length, width) * width);
        for (int start = 0; start < cells; start += width)
        {
            text.Append(VpcSize.Format((long)((double)start / cells * size)).PadLeft(LabelWidth)).Append(' ');
            string current = string.Empty;
            for (int cell = start; cell < Math.Min(cells, start + width); cell++)
            {
                (string style, char glyph) = Glyph(Gather(bins, cell, cells), isColoured, absent);
                if (isColoured && style != current)
                {
                    text.Append(style);
                    current = style;
                }

                text.Append(glyph);
            }

            text.Append(isColoured ? Reset : string.Empty).Append('\n');
        }

        text.Append('\n');
    }

    /// <summary>The whole disk in one line: each partition as brackets around as much of its label as they take.</summary>
    private static void AppendPartitions(StringBuilder text, IReadOnlyList<MapPartition> partitions, int cellCount)
    {
        if (partitions.Count == 0)
        {
            return;
        }

        char[] cells = new char[cellCount];
        Array.Fill(cells, '.');
        foreach (MapPartition partition in partitions)
        {
            int first = Math.Min(cellCount - 1, (int)Math.Round(partition.Start * cellCount));
            int length = Math.Max(1, (int)Math.Round(partition.End * cellCount) - first);
            Span<char> bar = cells.AsSpan(first, Math.Min(length, cellCount - first));
            bar.Fill('=');
            bar[0] = bar.Length > 1 ? '[' : '|';
            if (bar.Length > 1)
            {
                bar[^1] = ']';
                partition.Label.AsSpan(0, Math.Min(partition.Label.Length, bar.Length - 2)).CopyTo(bar[1..]);
            }
        }

        text.Append("Partitions, the whole disk in one line\n").Append(' ', LabelWidth + 1).Append(cells).Append("\n\n");
    }

    /// <summary>One cell for the bins that it stands for: their mean fullness, the place of the first that is written.</summary>
    private static MapBin Gather(MapBin[] bins, int cell, int cells)
    {
        int first = (int)((long)cell * bins.Length / cells), end = Math.Max(first + 1, (int)((long)(cell + 1) * bins.Length / cells));
        var gathered = new MapBin { Place = -1 };
        for (int i = first; i < end; i++)
        {
            gathered.Fullness += bins[i].Fullness / (end - first);
            gathered.Place = gathered.Place < 0 ? bins[i].Place : gathered.Place;
            gathered.IsStructure |= bins[i].IsStructure;
            gathered.IsDamaged |= bins[i].IsDamaged;
        }

        return gathered;
    }

    private static (string Style, char Glyph) Glyph(MapBin bin, bool isColoured, char absent)
    {
        if (bin.IsDamaged)
        {
            return (isColoured ? Alarm : string.Empty, '!');
        }

        if (bin.Place < 0)
        {
            return bin.IsStructure ? (isColoured ? Reset : string.Empty, 'H') : (Dim, absent);
        }

        if (!isColoured)
        {
            return (string.Empty, (char)('0' + Math.Min(9, (int)(bin.Place * 10))));
        }

        return (Style(bin.Place), bin.Fullness > 0.99 ? '\u2588' : bin.Fullness > 0.5 ? '\u2593' : '\u2592');
    }

    private static string Style(double place)
    {
        (byte red, byte green, byte blue) = MapPalette.At(place);
        return Invariant($"\u001B[38;2;{red};{green};{blue}m");
    }

    private static void AppendLegend(StringBuilder text, bool isColoured, bool hasParent, bool hasDamage)
    {
        const int barLength = 20;
        text.Append("start ");
        if (isColoured)
        {
            for (int i = 0; i < barLength; i++)
            {
                text.Append(Style(i / (barLength - 1.0))).Append('\u2588');
            }

            text.Append(Reset).Append(" end   \u2588 written   \u2593 \u2592 partly\n");
        }
        else
        {
            text.Append("0123456789 end\n");
        }

        text.Append("H headers, table, footer   ").Append(hasParent ? "- the parent's   . free" : ". zeros or free");
        text.Append(hasDamage ? "   ! damaged entry" : string.Empty);
    }
}
