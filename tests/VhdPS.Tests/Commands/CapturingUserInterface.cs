using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;

namespace VhdPS.Tests.Commands;

internal sealed class CapturingUserInterface : PSHostUserInterface
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly List<string> _questions = [];

    public Queue<string> Answers { get; } = new();

    public IReadOnlyList<string> Questions => _questions;

    public override PSHostRawUserInterface RawUI { get; } = new FixedRawUserInterface();

    public string TakeText()
    {
        lock (_lock)
        {
            string text = _text.ToString().ReplaceLineEndings("\n");
            _text.Clear();
            return text;
        }
    }

    public override void Write(string value)
    {
        lock (_lock)
        {
            _text.Append(GetOutputString(value, supportsVirtualTerminal: false));
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Write(value + "\n");

    public override void WriteErrorLine(string value) => WriteLine(value);

    public override void WriteDebugLine(string message) => WriteLine("DEBUG: " + message);

    public override void WriteVerboseLine(string message) => WriteLine("VERBOSE: " + message);

    public override void WriteWarningLine(string message) => WriteLine("WARNING: " + message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        string answer = Answer($"{caption}\n{message}");
        string[] labels = [.. choices.Select(choice => choice.Label)];
        int chosen = Array.FindIndex(labels, label =>
            label.Replace("&", "", StringComparison.Ordinal) == answer || label.Contains("&" + answer, StringComparison.Ordinal));
        Assert.True(chosen >= 0, $"{answer} is none of {string.Join(", ", labels)}.");
        return chosen;
    }

    public override string ReadLine() => Answer("a line");

    public override SecureString ReadLineAsSecureString() => throw new PSNotSupportedException();

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions) =>
        descriptions.ToDictionary(field => field.Name, field => PSObject.AsPSObject(Answer(field.Name)));

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw new PSNotSupportedException();

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options) => throw new PSNotSupportedException();

    private string Answer(string question)
    {
        _questions.Add(question);
        return Answers.TryDequeue(out string? answer)
            ? answer
            : throw new PSInvalidOperationException($"The test has no answer to: {question}");
    }
}
