namespace VhdPS.Bench.Compare;

/// <summary>A part of docs/performance.md that a command of its own measures; the others leave it as it stands.</summary>
internal static class PageSection
{
    private static string PagePath => Path.Combine(Repository.Root, "docs", "performance.md");

    /// <summary>The lines that enclose the part of a name, with what the page has between them; empty where it has none.</summary>
    public static string Keep(string name)
    {
        string page = File.Exists(PagePath) ? File.ReadAllText(PagePath) : string.Empty;
        return Find(page, name) is { } range ? page[range] : Enclose(name, string.Empty);
    }

    /// <summary>Puts new content into the part of a name.</summary>
    /// <exception cref="InvalidOperationException">The page has no such part.</exception>
    public static void Write(string name, string content)
    {
        string page = File.ReadAllText(PagePath);
        Range range = Find(page, name) ?? throw new InvalidOperationException($"docs/performance.md has no part '{name}'.");
        File.WriteAllText(PagePath, page[..range.Start] + Enclose(name, content) + page[range.End..]);
    }

    private static string Begin(string name) => $"<!-- {name}: measured by bench -- {name} -->\n";

    private static string End(string name) => $"<!-- end of {name} -->\n";

    private static string Enclose(string name, string content) => Begin(name) + content + End(name);

    private static Range? Find(string page, string name)
    {
        int start = page.IndexOf(Begin(name), StringComparison.Ordinal);
        int end = page.IndexOf(End(name), StringComparison.Ordinal);
        return start >= 0 && end > start ? start..(end + End(name).Length) : null;
    }
}
