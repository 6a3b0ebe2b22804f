<#
.SYNOPSIS
Builds, tests, documents and packs VhdPS.

.DESCRIPTION
Needs the .NET 10 SDK and PowerShell 7.4 or newer; `dotnet tool restore` and `dotnet pwsh build.ps1` take the one that is pinned.

Build    dotnet build: leaves an importable module in out/VhdPS (default)
Demo     builds the module, and makes, writes, reads and checks an image with it
Test     builds, then runs the Pester suite in this PowerShell; `dotnet test` runs it in the pinned one, and xunit's tests
Analyze  runs PSScriptAnalyzer over all scripts and the manifest
Help     makes docs/help/en-US from docs/en-US with platyPS, and stages it
Pack     makes the packages of the module and the engine in out/packages

PSScriptAnalyzer and platyPS are installed from the PowerShell Gallery where they are missing.

.EXAMPLE
./build.ps1

.EXAMPLE
./build.ps1 -Task Test
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Demo', 'Test', 'Analyze', 'Help', 'Pack')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot tests Pester PowerShell.ps1)
$module = Join-Path $PSScriptRoot src VhdPS VhdPS.csproj
$engine = Join-Path $PSScriptRoot src VhdPS.Engine VhdPS.Engine.csproj

function Assert-Success([string] $What) {
    if ($LASTEXITCODE -ne 0) {
        throw "$What failed with exit code $LASTEXITCODE."
    }
}

function Invoke-DotNet {
    & dotnet @args
    Assert-Success "dotnet $args"
}

function Import-Tool([string] $Name, [version] $MinimumVersion) {
    $found = Get-Module -ListAvailable -Name $Name | Where-Object Version -GE $MinimumVersion
    if (-not $found) {
        Install-PSResource -Name $Name -Version "[$MinimumVersion,)" -Scope CurrentUser -TrustRepository
    }
    Import-Module -Name $Name -MinimumVersion $MinimumVersion
}

function Invoke-Build([string] $Configuration) {
    Invoke-DotNet build (Join-Path $PSScriptRoot VhdPS.sln) --configuration $Configuration
}

# In a process of its own, as the tests too: this one would keep the module's files until it ends.
function Invoke-Demo([string] $Configuration) {
    Invoke-DotNet build $module --configuration $Configuration --verbosity quiet
    Invoke-PowerShell -File (Join-Path $PSScriptRoot docs examples first-disk.ps1)
    Assert-Success first-disk.ps1
}

function Invoke-Test([string] $Configuration) {
    $suite = Join-Path $PSScriptRoot tests Pester
    Invoke-DotNet build $suite --configuration $Configuration
    $pester = Invoke-DotNet msbuild $suite -getProperty:PkgPester
    Invoke-PowerShell -NonInteractive -File (Join-Path $suite Run.ps1) -Pester $pester
    Assert-Success Pester
}

function Invoke-Analyze {
    Import-Tool -Name PSScriptAnalyzer -MinimumVersion 1.23.0
    $settings = Join-Path $PSScriptRoot 'PSScriptAnalyzerSettings.psd1'
    $found = 'build.ps1', 'VhdPS.psd1', 'PSScriptAnalyzerSettings.psd1', 'docs', 'tests' |
        ForEach-Object { Invoke-ScriptAnalyzer -Path (Join-Path $PSScriptRoot $_) -Recurse -Settings $settings }
    if ($found) {
        $found | Out-Default
        throw "PSScriptAnalyzer: $(@($found).Count) findings."
    }
}

function Invoke-Help([string] $Configuration) {
    Import-Tool -Name platyPS -MinimumVersion 0.14.2
    $pages = Join-Path $PSScriptRoot 'docs' 'en-US'
    $built = Join-Path $PSScriptRoot 'docs' 'help' 'en-US'
    $null = New-ExternalHelp -Path $pages -OutputPath $built -Force
    Invoke-Build $Configuration
}

function Invoke-Pack([string] $Configuration) {
    Invoke-DotNet build $module --configuration $Configuration '-t:PackModule'
    Invoke-DotNet pack $engine --configuration $Configuration
}

foreach ($name in $Task) {
    & "Invoke-$name" $Configuration
}
