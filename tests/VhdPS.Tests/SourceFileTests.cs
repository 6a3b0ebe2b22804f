using System.Globalization;
using System.Text;

namespace VhdPS.Tests;

/// <summary>Every source file is as .editorconfig wants it, where `dotnet format` does not look.</summary>
public sealed class SourceFileTests
{
    private static readonly string[] BuiltFolders =
        ["bin", "obj", "out", "help", ".git", ".vs", ".idea", "TestResults", "BenchmarkDotNet.Artifacts"];

    private static readonly string[] TextExtensions =
        [".cs", ".csproj", ".json", ".md", ".props", ".ps1", ".ps1xml", ".psd1", ".svg", ".targets", ".xml", ".yml"];

    private static readonly int MaxLineLength = int.Parse(
        File.ReadLines(Path.Combine(Repository.Root, ".editorconfig"))
            .Single(line => line.StartsWith("max_line_length", StringComparison.Ordinal)).Split('=')[1],
        CultureInfo.InvariantCulture);

    [Fact]
    public void No_line_of_code_is_too_long() => Assert.Empty(
        Lines(".cs", ".ps1")
            .Where(line => line.Text.Length > MaxLineLength)
            .Select(line => $"{line.Place}: {line.Text.Length} columns"));

    [Fact]
    public void No_line_has_blanks_at_its_end_or_tabs() => Assert.Empty(
        Lines([.. TextExtensions.Except([".md"])])
            .Where(line => line.Text.Contains('\t') || line.Text.EndsWith(' ')).Select(line => line.Place));

    [Fact]
    public void Every_file_ends_with_a_line_and_begins_without_a_mark() => Assert.All(Files(TextExtensions), path =>
    {
        byte[] bytes = File.ReadAllBytes(path);
        Assert.True(bytes is [.., (byte)'\n'] && !bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble), path);
    });

    private static IEnumerable<(string Place, string Text)> Lines(params string[] extensions) => Files(extensions)
        .SelectMany(
            path => File.ReadLines(path).Select((text, index) => ($"{Path.GetRelativePath(Repository.Root, path)}:{index + 1}", text)));

    private static IEnumerable<string> Files(params string[] extensions) => Files(new DirectoryInfo(Repository.Root))
        .Where(path => extensions.Contains(Path.GetExtension(path)) && !path.EndsWith("packages.lock.json", StringComparison.Ordinal));

    private static IEnumerable<string> Files(DirectoryInfo folder) => folder.EnumerateFiles().Select(file => file.FullName).Concat(
        folder.EnumerateDirectories().Where(inner => !BuiltFolders.Contains(inner.Name)).SelectMany(Files));
}
