using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace VhdPS.Console.Hosting;

/// <summary>Questions to the user; each is an error where nobody can answer.</summary>
internal sealed partial class ConsoleUserInterface
{
    public override string ReadLine()
    {
        RequireSomebody("input");
        // End of input (Ctrl+D) reads as an empty answer.
        return System.Console.In.ReadLine() ?? "";
    }

    public override SecureString ReadLineAsSecureString()
    {
        RequireSomebody("input");
        var secret = new SecureString();
        while (System.Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                if (secret.Length > 0)
                {
                    secret.RemoveAt(secret.Length - 1);
                }
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.AppendChar(key.KeyChar);
            }
        }

        WriteLine("");
        secret.MakeReadOnly();
        return secret;
    }

    /// <summary>Asks for the values of mandatory parameters; an empty line ends a list.</summary>
    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions)
    {
        ArgumentNullException.ThrowIfNull(descriptions);
        RequireSomebody($"a value for {string.Join(", ", descriptions.Select(field => field.Name))}");
        WriteCaption(caption, message);
        var answers = new Dictionary<string, PSObject>(StringComparer.OrdinalIgnoreCase);
        foreach (FieldDescription field in descriptions)
        {
            // The engine converts the answers: a type of a module's own cannot be had by its name here.
            answers[field.Name] = field.ParameterTypeFullName.EndsWith("[]", StringComparison.Ordinal)
                ? PSObject.AsPSObject(ReadList(field.Name))
                : PSObject.AsPSObject(Ask($"{field.Name}: "));
        }

        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        ArgumentNullException.ThrowIfNull(choices);
        RequireSomebody($"an answer to \"{message}\"");
        WriteCaption(caption, message);
        string[] keys = [.. choices.Select((choice, i) => KeyOf(choice) ?? (i + 1).ToString(CultureInfo.InvariantCulture))];
        string[] labels = [.. choices.Select(choice => choice.Label.Replace("&", "", StringComparison.Ordinal))];
        string offered = string.Join("  ", keys.Zip(labels, (key, label) => $"[{key}] {label}"));
        string hint = defaultChoice >= 0 ? $" (default is \"{keys[defaultChoice]}\"): " : ": ";
        while (true)
        {
            string answer = Ask($"{offered}  [?] Help{hint}").Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            if (answer == "?")
            {
                foreach ((ChoiceDescription choice, string key) in choices.Zip(keys))
                {
                    WriteLine($"{key} - {choice.HelpMessage}");
                }

                continue;
            }

            int chosen = Array.FindIndex(keys, key => key.Equals(answer, StringComparison.OrdinalIgnoreCase));
            chosen = chosen >= 0 ? chosen : Array.FindIndex(labels, label => label.Equals(answer, StringComparison.OrdinalIgnoreCase));
            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(
            caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
    {
        RequireSomebody("a credential");
        WriteCaption(caption, message);
        string name = string.IsNullOrEmpty(userName) ? Ask("User: ") : userName;
        Write($"Password for user {name}: ");
        return new PSCredential(name, ReadLineAsSecureString());
    }

    private static string? KeyOf(ChoiceDescription choice)
    {
        int mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < choice.Label.Length
            ? char.ToUpperInvariant(choice.Label[mark + 1]).ToString()
            : null;
    }

    private string Ask(string question)
    {
        Write(question);
        // At the end of input no further question can be answered: asking again would never end.
        return System.Console.In.ReadLine() ?? throw new PSInvalidOperationException("The input ended before the question was answered.");
    }

    private string[] ReadList(string name)
    {
        var values = new List<string>();
        while (Ask($"{name}[{values.Count}]: ") is { Length: > 0 } value)
        {
            values.Add(value);
        }

        return [.. values];
    }

    private void WriteCaption(string caption, string message)
    {
        foreach (string text in new[] { caption, message }.Where(text => !string.IsNullOrEmpty(text)))
        {
            WriteLine(text);
        }
    }

    private void RequireSomebody(string wanted)
    {
        terminal.EraseProgress();
        if (!canPrompt)
        {
            throw new PSInvalidOperationException(
                $"The command asks for {wanted}, but there is no terminal to ask at (redirected input or -NonInteractive). " +
                "Give every mandatory parameter, and -Confirm:$false or -Force where a confirmation is asked for.");
        }
    }
}
