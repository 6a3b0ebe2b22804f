<#
.SYNOPSIS
Runs the Pester suite but for what Wine cannot do, and writes the results with "Failed: N, Passed: N, Skipped: N" last.
#>
param(
    [Parameter(Mandatory)]
    [string] $Log,

    [string[]] $Path = (Join-Path $PSScriptRoot '../Pester')
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$leftOut = (Import-PowerShellDataFile (Join-Path $PSScriptRoot Wine.psd1)).LeftOut
Import-Module Pester -MinimumVersion 6.0

$settings = New-PesterConfiguration
$settings.Run.Path = $Path
$settings.Run.PassThru = $true
$settings.Filter.ExcludeTag = [string[]] $leftOut.Keys
$settings.Output.Verbosity = 'Detailed'
$settings.Output.RenderMode = 'PlainText'
$result = Invoke-Pester -Configuration $settings 6> $Log

$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
@(
    foreach ($tag in $leftOut.Keys | Sort-Object) {
        $tests = @($result.NotRun | Where-Object { $tag -in $_.Tag + $_.Block.Tag })
        if ($tests) { "[!] $($tests.Count) left out, ${tag}: $($leftOut[$tag])" }
    }
    "Failed: $failed, Passed: $($result.PassedCount), Skipped: $($result.SkippedCount + $result.NotRunCount)"
) | Add-Content $Log
exit [int]($failed -gt 0 -or $result.PassedCount -eq 0)
