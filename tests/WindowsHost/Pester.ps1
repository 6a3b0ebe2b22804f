<#
.SYNOPSIS
Runs the Pester suite but for what Wine cannot do, and writes what it says to a file.

.PARAMETER Pester
The folder of Pester's package.
#>
param([string] $Log, [string] $Pester, [string] $Filter)

$ErrorActionPreference = 'Stop'
$leftOut = (Import-PowerShellDataFile (Join-Path $PSScriptRoot Wine.psd1)).LeftOut
& (Join-Path $PSScriptRoot ../Pester/Run.ps1) -Pester $Pester -Filter $Filter -LeftOut $leftOut *> $Log
exit $LASTEXITCODE
