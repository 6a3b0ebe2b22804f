@{
    # Invoke-ScriptAnalyzer -Path . -Recurse -Settings PSScriptAnalyzerSettings.psd1
    ExcludeRules = @(
        # Join-Path and wrappers of programs read best without names.
        'PSAvoidUsingPositionalParameters'
        # PowerShell 7 reads files without a mark as UTF-8.
        'PSUseBOMForUnicodeEncodedFile'
        # Pester's blocks share variables in a way that the rule does not see.
        'PSUseDeclaredVarsMoreThanAssignments'
    )
}
