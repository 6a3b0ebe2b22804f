using System.Collections;
using System.Management.Automation;

namespace VhdPS;

/// <summary>
/// A call of a cmdlet that runs as a thread job of PowerShell in place of the pipeline: with all that came by the pipeline, in the
/// location and by the preferences of the caller.
/// </summary>
internal sealed class CommandJob(PSCmdlet cmdlet)
{
    // In a runspace of its own, which knows neither the module nor anything of the caller.
    private const string Script = """
        param($module, $command, $calls, $location, $preferences)
        Import-Module $module
        Set-Location -LiteralPath $location
        foreach ($name in $preferences.Keys) { Set-Variable -Name $name -Value $preferences[$name] }
        foreach ($call in $calls) { & "VhdPS\$command" @call }
        """;

    private const string Starter =
        "param($script, $list, $name) Start-ThreadJob -ScriptBlock ([scriptblock]::Create($script)) -ArgumentList $list -Name $name";

    private static readonly string[] Preferences =
    [
        "ErrorActionPreference", "WarningPreference", "InformationPreference", "VerbosePreference", "DebugPreference",
        "ProgressPreference", "WhatIfPreference", "ConfirmPreference",
    ];

    // What they are to be set to are variables of the caller, or the size of its pipeline's buffer.
    private static readonly string[] NotTaken =
        ["AsJob", "ErrorVariable", "WarningVariable", "InformationVariable", "OutVariable", "PipelineVariable", "OutBuffer"];

    private static readonly string[] Lists = ["Path", "LiteralPath", "DifferencePath"];

    private readonly List<Hashtable> _calls = [];

    /// <summary>Takes the parameters as they are bound now; one that differs from the last in its files alone is one call with it, as
    /// in the pipeline it is.</summary>
    public void Add()
    {
        var call = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, object value) in cmdlet.MyInvocation.BoundParameters)
        {
            if (!NotTaken.Contains(name))
            {
                call[name] = value;
            }
        }

        if (_calls.Count > 0 && Array.Find(Lists, call.ContainsKey) is { } list && IsSameBut(list, _calls[^1], call))
        {
            _calls[^1][list] = (string[])[.. (string[])_calls[^1][list]!, .. (string[])call[list]!];
            return;
        }

        _calls.Add(call);
    }

    /// <summary>Starts the job; null where nothing is to be done.</summary>
    /// <exception cref="PSNotSupportedException">There is no Start-ThreadJob.</exception>
    public object? Start()
    {
        if (_calls.Count == 0)
        {
            return null;
        }

        if (cmdlet.InvokeCommand.GetCommand("Start-ThreadJob", CommandTypes.Cmdlet | CommandTypes.Function) is null)
        {
            throw new PSNotSupportedException(
                "-AsJob needs Start-ThreadJob of the module ThreadJob, which comes with PowerShell and is not installed here.");
        }

        string command = cmdlet.MyInvocation.MyCommand.Name;
        var preferences = new Hashtable();
        foreach (string name in Preferences)
        {
            preferences[name] = cmdlet.GetVariableValue(name);
        }

        PSModuleInfo module = cmdlet.MyInvocation.MyCommand.Module;
        string manifest = Path.Combine(module.ModuleBase, $"{module.Name}.psd1");
        object[] list =
        [
            File.Exists(manifest) ? manifest : module.Path, command, _calls.ToArray(),
            cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath, preferences,
        ];
        return cmdlet.InvokeCommand.InvokeScript(
            Starter, useNewScope: true, System.Management.Automation.Runspaces.PipelineResultTypes.None, null, Script, list, command)
            .FirstOrDefault();
    }

    private static bool IsSameBut(string list, Hashtable first, Hashtable second) =>
        first.Count == second.Count
            && second.Keys.Cast<string>().All(name => first.ContainsKey(name) && (name == list || Equals(first[name], second[name])));
}
