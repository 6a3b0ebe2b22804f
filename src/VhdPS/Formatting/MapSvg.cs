using System.Globalization;
using System.Security;
using System.Text;
using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS;

/// <summary>A map of blocks as a drawing for browsers: file over disk, with a strip of each along its axis.</summary>
internal static class MapSvg
{
    private const int Left = 110;
    private const int Top = 84;
    private const int Width = MapRaster.PlotWidth / 4;
    private const int Height = MapRaster.PlotHeight / 4;
    private const int Strip = 18;
    private const int Gap = 6;
    private const int PartitionTop = 64;
    private const int PartitionShift = 28;

    private const string Style = """
        .back { fill: #ffffff } .text { fill: #1f2328 } .soft { fill: #59636e }
        .frame { fill: #f6f8fa; stroke: #d1d9e0 } .line { stroke: #d1d9e0 } .structure { fill: #59636e } .damaged { fill: #d1242f }
        @media (prefers-color-scheme: dark) {
        .back { fill: #0d1117 } .text { fill: #e6edf3 } .soft { fill: #9198a1 }
        .frame { fill: #151b23; stroke: #3d444d } .line { stroke: #3d444d } .structure { fill: #9198a1 } .damaged { fill: #f85149 } }
        """;

    /// <summary>The whole document.</summary>
    public static string Draw(VpcMap map)
    {
        var svg = new StringBuilder();
        int shift = map.Partitions.Count > 0 ? PartitionShift : 0;
        int fullWidth = Left + Width + 40, fullHeight = Top + Height + Strip + 118 + shift;
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {fullWidth} {fullHeight}" width="{fullWidth}" height="{fullHeight}"
             role="img" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12">
            <title>{Escape($"Where the blocks of {Path.GetFileName(map.Path)} lie")}</title>
            <style>
            {Style}
            </style>
            <rect class="back" width="{fullWidth}" height="{fullHeight}"/>
            <text class="text" x="{Left}" y="30" font-size="18" font-weight="600">{Escape(Path.GetFileName(map.Path))}</text>
            <text class="soft" x="{Left}" y="52">{Escape(Summary(map))}</text>

            """);
        AppendPartitions(svg, map.Partitions);
        svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate(0 {shift})\">\n");
        AppendPlot(svg, map);
        AppendStrips(svg, map);
        AppendLegend(svg, map);
        return svg.Append("</g>\n</svg>\n").ToString();
    }

    /// <summary>A bar over the width of the disk; a label stands where there is space for it, and all of it in the title.</summary>
    private static void AppendPartitions(StringBuilder svg, IReadOnlyList<MapPartition> partitions)
    {
        const double letterWidth = 6.5;
        foreach (MapPartition partition in partitions)
        {
            double x = Left + (partition.Start * Width), width = Math.Max(1, (partition.End - partition.Start) * Width);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<g class=\"partition\"><title>{Escape(partition.Title)}</title><rect class=\"frame\" x=\"{x:0.##}\" y=\"{PartitionTop}\" "
                    + $"width=\"{width:0.##}\" height=\"{Strip}\"/>");
            int letters = Math.Min(partition.Label.Length, (int)((width - 8) / letterWidth));
            if (letters > 0)
            {
                string label = Escape(partition.Label[..letters]);
                svg.Append(
                    CultureInfo.InvariantCulture, $"<text class=\"text\" x=\"{x + 4:0.##}\" y=\"{PartitionTop + 13}\">{label}</text>");
            }

            svg.Append("</g>\n");
        }
    }

    private static string Summary(VpcMap map)
    {
        string blocks = map.BlockCount is { } count
            ? Invariant($", {map.AllocatedBlockCount} of {count} blocks of {VpcSize.Format(map.BlockSize)} in the file, ")
                + Invariant($"{map.FragmentationPercentage} % fragmented")
            : string.Empty;
        return $"{map.VhdType}, disk of {VpcSize.Format(map.Size)}, file of {VpcSize.Format(map.FileSize)}{blocks}";
    }

    private static void AppendPlot(StringBuilder svg, VpcMap map)
    {
        svg.Append(CultureInfo.InvariantCulture,
            $"<rect class=\"frame\" x=\"{Left}\" y=\"{Top}\" width=\"{Width}\" height=\"{Height}\"/>\n");
        foreach (long at in AxisTicks.Of(map.Size))
        {
            double x = Left + ((double)at / map.Size * Width);
            string anchor = at == 0 ? "start" : "middle";
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"line\" d=\"M{x:0.#} {Top}v{Height}\"/>\n");
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"soft tick\" x=\"{x:0.#}\" y=\"{Top + Height + Gap + Strip + 17}\" text-anchor=\"{anchor}\">")
                .Append(Escape(VpcSize.Format(at))).Append("</text>\n");
        }

        foreach (long at in AxisTicks.Of(map.FileSize))
        {
            double y = Top + ((1 - ((double)at / map.FileSize)) * Height);
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"line\" d=\"M{Left} {y:0.#}h{Width}\"/>\n");
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"soft tick\" x=\"{Left - Gap - Strip - 6}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">")
                .Append(Escape(VpcSize.Format(at))).Append("</text>\n");
        }

        const int beneath = Top + Height + Gap + Strip + 37;
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text class=\"text\" x=\"{Left + (Width / 2)}\" y=\"{beneath}\" text-anchor=\"middle\">place on the disk</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"text\" x=\"{Left}\" y=\"{Top - 10}\">place in the file</text>\n");

        // One path a colour: thousands of elements would make a browser slow.
        foreach (IGrouping<string, MapSegment> group in map.Raster.Segments
            .GroupBy(segment => MapPalette.Css(Math.Round((double)segment.X0 / MapRaster.PlotWidth * 32) / 32))
                .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<path fill=\"none\" stroke=\"{group.Key}\" stroke-width=\"2.5\" stroke-linecap=\"round\" d=\"");
            foreach (MapSegment segment in group.OrderBy(segment => segment.X0).ThenBy(segment => segment.Y0))
            {
                svg.Append(CultureInfo.InvariantCulture, $"M{X(segment.X0)} {Y(segment.Y0)}L{X(segment.X1)} {Y(segment.Y1)}");
            }

            svg.Append("\"/>\n");
        }
    }

    private static string X(short x) => (Left + (x / 4.0)).ToString("0.##", CultureInfo.InvariantCulture);

    private static string Y(short y) => (Top + Height - (y / 4.0)).ToString("0.##", CultureInfo.InvariantCulture);

    private static void AppendStrips(StringBuilder svg, VpcMap map)
    {
        int y = Top + Height + Gap, x = Left - Gap - Strip;
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"frame\" x=\"{Left}\" y=\"{y}\" width=\"{Width}\" height=\"{Strip}\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"frame\" x=\"{x}\" y=\"{Top}\" width=\"{Strip}\" height=\"{Height}\"/>\n");
        AppendStrip(svg, map.Raster.Disk, Width, (at, length, fill) =>
            Invariant($"<rect {fill} x=\"{Left + at:0.##}\" y=\"{y}\" width=\"{length:0.##}\" height=\"{Strip}\"/>\n"));
        AppendStrip(svg, map.Raster.File, Height, (at, length, fill) =>
            Invariant($"<rect {fill} x=\"{x}\" y=\"{Top + Height - at - length:0.##}\" width=\"{Strip}\" height=\"{length:0.##}\"/>\n"));
    }

    private static void AppendStrip(StringBuilder svg, MapBin[] bins, int length, Func<double, double, string, string> rectangle)
    {
        int cells = Math.Min(bins.Length, length);
        for (int cell = 0; cell < cells;)
        {
            string? fill = Fill(bins[(int)((long)cell * bins.Length / cells)]);
            int end = cell + 1;
            while (end < cells && Fill(bins[(int)((long)end * bins.Length / cells)]) == fill)
            {
                end++;
            }

            if (fill is not null)
            {
                svg.Append(rectangle((double)cell * length / cells, (double)(end - cell) * length / cells, fill));
            }

            cell = end;
        }
    }

    private static string? Fill(MapBin bin)
    {
        if (bin.IsDamaged)
        {
            return "class=\"damaged\"";
        }

        if (bin.Place < 0)
        {
            return bin.IsStructure ? "class=\"structure\"" : null;
        }

        string color = $"fill=\"{MapPalette.Css(Math.Round(bin.Place * 64) / 64)}\"";
        return bin.Fullness > 0.99
            ? color
            : string.Create(CultureInfo.InvariantCulture, $"{color} opacity=\"{0.35 + (0.5 * bin.Fullness):0.#}\"");
    }

    private static void AppendLegend(StringBuilder svg, VpcMap map)
    {
        int y = Top + Height + Gap + Strip + 62;
        const int barWidth = 180;
        svg.Append("<defs><linearGradient id=\"places\">");
        for (int i = 0; i <= 4; i++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<stop offset=\"{i * 25}%\" stop-color=\"{MapPalette.Css(i / 4.0)}\"/>");
        }

        string absent = map.VhdType == VhdType.Differencing ? "the parent's" : "zeros";
        svg.Append(CultureInfo.InvariantCulture, $"""
            </linearGradient></defs>
            <text class="soft" x="{Left}" y="{y + 11}">start</text>
            <rect x="{Left + 34}" y="{y}" width="{barWidth}" height="13" fill="url(#places)"/>
            <text class="soft" x="{Left + barWidth + 42}" y="{y + 11}">end of the other side</text>
            <rect class="structure" x="{Left + 370}" y="{y}" width="13" height="13"/>
            <text class="soft" x="{Left + 389}" y="{y + 11}">headers, table, footer</text>
            <rect class="frame" x="{Left + 536}" y="{y}" width="13" height="13"/>
            <text class="soft" x="{Left + 555}" y="{y + 11}">{absent}, or free</text>

            """);
        if (map.Raster.HasDamage)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""
                <rect class="damaged" x="{Left}" y="{y + 18}" width="13" height="13"/>
                <text class="soft" x="{Left + 19}" y="{y + 29}">the table entry names no place for a block</text>

                """);
        }
    }

    private static string Escape(string text) => SecurityElement.Escape(PrintableText.Escape(text));
}
