<#
.SYNOPSIS
Runs the suite, or the tests that have a text in their full name, in this PowerShell.

.PARAMETER Pester
The folder of Pester's package.

.PARAMETER LeftOut
Tags whose tests are left out, each with its reason.
#>
param([string] $Pester, [string] $Filter, [hashtable] $LeftOut = @{})

$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $Pester tools/Pester.psd1)
$settings = New-PesterConfiguration
$settings.Run.Path = $PSScriptRoot
$settings.Run.PassThru = $true
$settings.Output.Verbosity = 'Normal'
$settings.Output.RenderMode = 'Plaintext'
$settings.Filter.ExcludeTag = [string[]] $LeftOut.Keys
if ($Filter) { $settings.Filter.FullName = "*$Filter*" }
$result = Invoke-Pester -Configuration $settings

$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
$isPassed = $result.Result -eq 'Passed' -and $failed -eq 0 -and ($result.PassedCount -gt 0 -or $Filter)
$skipped = $result.SkippedCount
foreach ($tag in $LeftOut.Keys | Sort-Object) {
    $tests = @($result.NotRun | Where-Object { $tag -in $_.Tag + $_.Block.Tag })
    "$($tests.Count) left out by the tag ${tag}: $($LeftOut[$tag])"
    $skipped += $tests.Count
}

# The line that every test project ends with.
'{0}!  - Failed: {1,5}, Passed: {2,5}, Skipped: {3,5}, Total: {4,5} - Pester {5}, PowerShell {6}' -f
    ($isPassed ? 'Passed' : 'Failed'), $failed, $result.PassedCount, $skipped, $result.TotalCount,
    (Get-Module Pester).Version, $PSVersionTable.PSVersion
exit [int](-not $isPassed)
