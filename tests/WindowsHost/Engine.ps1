<#
.SYNOPSIS
Runs those tests of the engine that Wine can, and writes what they say to a file.
#>
param([string] $Log, [string] $Class)

$ErrorActionPreference = 'Stop'
$classes = $Class ? $Class -split ',' : (Import-PowerShellDataFile (Join-Path $PSScriptRoot Wine.psd1)).EngineClasses
$assembly = Join-Path $PSScriptRoot ../VhdPS.Tests/bin/Release/net10.0/VhdPS.Tests.dll
exit [int](-not [VhdPS.WindowsHost.EngineTests]::Run($assembly, $Log, $classes))
