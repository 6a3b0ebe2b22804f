<#
.SYNOPSIS
Runs those tests of the engine that Wine can, and writes the results with "Failed: N, Passed: N, Skipped: N" last.
#>
param(
    [Parameter(Mandatory)]
    [string] $Log,

    [string[]] $Class = (Import-PowerShellDataFile (Join-Path $PSScriptRoot Wine.psd1)).EngineClasses
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$assembly = Join-Path $PSScriptRoot '../VhdPS.Tests/bin/Release/net10.0/VhdPS.Tests.dll'
exit [int](-not [VhdPS.WindowsHost.EngineTests]::Run($assembly, $Log, $Class))
