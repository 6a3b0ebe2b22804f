<#
.SYNOPSIS
Builds, tests, documents and packs VhdPS.

.DESCRIPTION
A wrapper for people who have pwsh; everything but the Pester suite and the help also runs with dotnet alone.

Build    dotnet build: leaves an importable module in out/VhdPS (default)
Test     builds, then runs the Pester suite in tests/Pester; Pester is installed for the user where it is missing
Analyze  runs PSScriptAnalyzer over all scripts and the manifest
Help     makes docs/help/en-US from docs/en-US with platyPS, and stages it
Pack     makes the packages of the module, the engine and the console host in out/packages

.EXAMPLE
./build.ps1

.EXAMPLE
./build.ps1 -Task Test
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Analyze', 'Help', 'Pack')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

function Invoke-DotNet {
    & dotnet @args
    if ($LASTEXITCODE -ne 0) {
        throw "dotnet $($args -join ' ') failed with exit code $LASTEXITCODE."
    }
}

function Import-Tool([string] $Name, [version] $MinimumVersion) {
    $found = Get-Module -ListAvailable -Name $Name | Where-Object Version -GE $MinimumVersion
    if (-not $found) {
        Install-PSResource -Name $Name -Version "[$MinimumVersion,)" -Scope CurrentUser -TrustRepository
    }
    Import-Module -Name $Name -MinimumVersion $MinimumVersion
}

function Invoke-Build([string] $Configuration) {
    Invoke-DotNet build (Join-Path $PSScriptRoot 'VhdPS.sln') --configuration $Configuration
}

function Invoke-Test([string] $Configuration) {
    Invoke-Build $Configuration
    Import-Tool -Name Pester -MinimumVersion 5.5.0
    $settings = New-PesterConfiguration
    $settings.Run.Path = Join-Path $PSScriptRoot 'tests' 'Pester'
    $settings.Run.PassThru = $true
    $settings.Output.Verbosity = 'Normal'
    $result = Invoke-Pester -Configuration $settings
    if ($result.FailedCount -gt 0 -or $result.FailedContainersCount -gt 0 -or $result.PassedCount -eq 0) {
        throw "Pester: $($result.PassedCount) passed, $($result.FailedCount) failed."
    }
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
    Invoke-DotNet build (Join-Path $PSScriptRoot 'src' 'VhdPS' 'VhdPS.csproj') --configuration $Configuration -t:PackModule
    Invoke-DotNet pack (Join-Path $PSScriptRoot 'src' 'VhdPS.Engine' 'VhdPS.Engine.csproj') --configuration $Configuration
    Invoke-DotNet pack (Join-Path $PSScriptRoot 'src' 'VhdPS.Console' 'VhdPS.Console.csproj') --configuration $Configuration
}

foreach ($name in $Task) {
    & "Invoke-$name" $Configuration
}
