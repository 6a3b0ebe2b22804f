using System.Globalization;
using System.Security;
using System.Text;

namespace VhdPS.Bench.Compare;

/// <summary>docs/performance.svg: a bar a row, a mark where its goal is, and a line where the peer is.</summary>
internal sealed class PerformanceChart(IReadOnlyList<RowResult> results)
{
    private const int Width = 960;
    private const int BarsLeft = 440;
    private const int BarsWidth = 420;
    private const int RowHeight = 26;
    private const int FamilyHeight = 34;
    private const int Top = 56;
    private const int Bottom = 34;
    private const double LeastScale = 1.25;

    private double Scale => Math.Max(LeastScale, results.Max(result => Math.Min(2, Math.Max(result.Ratio, result.Row.Goal)) * 1.05));

    public string Text()
    {
        IGrouping<string, RowResult>[] families = [.. results.GroupBy(result => result.Row.Family)];
        int height = Top + (families.Length * FamilyHeight) + (results.Count * RowHeight) + Bottom;
        var svg = new StringBuilder();
        const string Font = "font-family=\"system-ui, sans-serif\" font-size=\"13\"";
        string box = $"width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\"";
        Add(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" {box} {Font} role="img">""");
        Add(svg, $"<title>VhdPS: our time as a share of the peer's</title>");
        Add(svg, $"""<rect width="{Width}" height="{height}" rx="6" fill="#ffffff"/>""");
        const string Heading = "Our time as a share of the peer's (shorter is better)";
        Add(svg, $"""<text x="16" y="24" font-size="15" font-weight="600" fill="#1f2328">{Heading}</text>""");
        AddLegend(svg);
        int y = Top;
        foreach (IGrouping<string, RowResult> family in families)
        {
            Add(svg, $"""<text x="16" y="{y + 22}" font-weight="600" fill="#1f2328">{Escape(family.Key)}</text>""");
            y += FamilyHeight;
            foreach (RowResult result in family)
            {
                AddRow(svg, result, y);
                y += RowHeight;
            }
        }

        int peerX = X(1);
        Add(svg, $"""<line x1="{peerX}" y1="{Top + 8}" x2="{peerX}" y2="{y + 4}" stroke="#1f2328" stroke-dasharray="3 3"/>""");
        Add(svg, $"""<text x="{peerX}" y="{y + 20}" text-anchor="middle" fill="#59636e">1.00: the peer</text>""");
        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static void AddLegend(StringBuilder svg)
    {
        Add(svg, $"""<rect x="16" y="36" width="22" height="11" fill="#2f81a8"/><text x="44" y="46" fill="#59636e">goal met</text>""");
        Add(svg, $"""<rect x="116" y="36" width="22" height="11" fill="#c9802b"/><text x="144" y="46" fill="#59636e">goal missed</text>""");
        Add(svg, $"""<rect x="240" y="34" width="3" height="15" fill="#b3261e"/><text x="250" y="46" fill="#59636e">goal</text>""");
    }

    private static void Add(StringBuilder svg, FormattableString line) =>
        svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Escape(string text) => SecurityElement.Escape(text);

    private void AddRow(StringBuilder svg, RowResult result, int y)
    {
        string label = $"{result.Row.ShortWork} / {result.Row.ShortPeer}";
        int end = X(Math.Min(result.Ratio, Scale));
        int goal = X(Math.Min(result.Row.Goal, Scale));
        string ratio = result.Ratio.ToString(result.Ratio >= 0.095 ? "0.00" : "0.000", CultureInfo.InvariantCulture);
        Add(svg, $"""<text x="{BarsLeft - 10}" y="{y + 15}" text-anchor="end" fill="#1f2328">{Escape(label)}</text>""");
        string fill = result.IsMet ? "#2f81a8" : "#c9802b";
        Add(svg, $"""<rect x="{BarsLeft}" y="{y + 3}" width="{Math.Max(2, end - BarsLeft)}" height="16" fill="{fill}"/>""");
        Add(svg, $"""<rect x="{goal - 1}" y="{y}" width="3" height="22" fill="#b3261e"/>""");
        Add(svg, $"""<text x="{Math.Max(end, goal) + 8}" y="{y + 16}" fill="#1f2328">{ratio}</text>""");
    }

    private int X(double ratio) => BarsLeft + (int)Math.Round(BarsWidth * ratio / Scale);
}
