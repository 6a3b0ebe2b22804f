using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace VhdPS.Console;

/// <summary>
/// The engine's package comes without the cmdlets of the Utility and Management modules. The few that scripts for disk
/// images need are in this assembly; each is there only where the engine has none of that name.
/// </summary>
public static class MissingCmdlets
{
    /// <summary>Adds the missing cmdlets to a session's commands; the engine itself has their usual aliases.</summary>
    public static void AddTo(InitialSessionState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (EngineHasItsModules())
        {
            return;
        }

        foreach (Type type in typeof(MissingCmdlets).Assembly.GetTypes())
        {
            if (type.GetCustomAttribute<CmdletAttribute>() is not { } cmdlet)
            {
                continue;
            }

            string name = $"{cmdlet.VerbName}-{cmdlet.NounName}";
            if (state.Commands[name].Count == 0)
            {
                state.Commands.Add(new SessionStateCmdletEntry(name, type, helpFileName: null));
            }
        }
    }

    /// <summary>Whether the engine would find the real cmdlets by itself, in the modules beside it.</summary>
    private static bool EngineHasItsModules()
    {
        string engineFolder = Path.GetDirectoryName(typeof(PSObject).Assembly.Location)!;
        return Directory.Exists(Path.Combine(engineFolder, "Modules", "Microsoft.PowerShell.Utility"));
    }
}
