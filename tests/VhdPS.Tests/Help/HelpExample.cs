namespace VhdPS.Tests.Help;

/// <summary>An example of a page: what is typed behind the prompts, and the whole of its code block.</summary>
internal sealed class HelpExample
{
    private const string Prompt = "PS> ";
    private const string Continuation = ">> ";

    public HelpExample(string title, string section)
    {
        string[] parts = section.Split("```");
        Title = title;
        Code = parts[1]["powershell\n".Length..].TrimEnd('\n');
        Text = parts[2].Trim();
        Script = string.Join('\n', Code.Split('\n').Select(Typed).OfType<string>());
    }

    public string Title { get; }

    public string Code { get; }

    public string Text { get; }

    public string Script { get; }

    private static string? Typed(string line) =>
        line.StartsWith(Prompt, StringComparison.Ordinal) ? line[Prompt.Length..]
        : line.StartsWith(Continuation, StringComparison.Ordinal) ? line[Continuation.Length..]
        : null;
}
