using System.Management.Automation.Language;

namespace VhdPS.Console.Hosting;

/// <summary>Reads commands from the terminal, of several lines where the first is not complete.</summary>
internal sealed class PromptLoop(ConsoleSession session)
{
    public void Run()
    {
        while (!session.PromptEnds && Read(session.PromptText()) is { } command)
        {
            if (!string.IsNullOrWhiteSpace(command))
            {
                session.RunLine(command);
            }
        }
    }

    /// <summary>Null at the end of input.</summary>
    private string? Read(string prompt)
    {
        session.UserInterface.Write(prompt);
        string? command = System.Console.In.ReadLine();
        while (command is not null && IsIncomplete(command))
        {
            session.UserInterface.Write(">> ");
            string? line = System.Console.In.ReadLine();
            if (string.IsNullOrEmpty(line))
            {
                break;
            }

            command += "\n" + line;
        }

        return command;
    }

    private static bool IsIncomplete(string command)
    {
        Parser.ParseInput(command, out _, out ParseError[] errors);
        return errors.Any(error => error.IncompleteInput);
    }
}
