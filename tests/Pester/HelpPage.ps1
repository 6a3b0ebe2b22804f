# The pages in docs/en-US by their headings, and the files that the examples of all documents work on.
$docs = Join-Path $PSScriptRoot '../../docs'

# The texts below the headings that begin with a mark, outside of code blocks, by heading.
function Split-Section([string] $Text, [string] $Mark) {
    $sections = [ordered]@{}
    $heading = $null
    $isCode = $false
    foreach ($line in $Text -split '\r?\n') {
        if ($line.StartsWith('```')) { $isCode = -not $isCode }
        if (-not $isCode -and $line.StartsWith($Mark)) {
            $heading = $line.Substring($Mark.Length).Trim()
            $sections[$heading] = [Text.StringBuilder]::new()
        }
        elseif (-not $isCode -and ($line.StartsWith('# ') -or ($Mark.StartsWith('###') -and $line -match '^#{1,3} '))) {
            $heading = $null
        }
        elseif ($null -ne $heading) {
            $null = $sections[$heading].Append($line).Append("`n")
        }
    }

    foreach ($name in @($sections.Keys)) { $sections[$name] = "$($sections[$name])" }
    $sections
}

function Get-Document([string] $Name) { (Get-Content -Raw (Join-Path $docs $Name)) -replace '\r' }

function Get-PageName { (Get-ChildItem (Join-Path $docs en-US) -Filter *-*.md).BaseName | Sort-Object }

# What a page says of a cmdlet: Synopsis, Description, Syntax by heading, Examples (Title, Code as it stands, Script behind the
# prompts), Parameters by name (Text, and Facts: a table for each group of parameter sets).
function Read-HelpPage([string] $Name) {
    $sections = Split-Section (Get-Document "en-US/$Name.md") '## '
    $syntax = Split-Section $sections.SYNTAX '### '
    if ($syntax.Count -eq 0) { $syntax[''] = $sections.SYNTAX }
    foreach ($set in @($syntax.Keys)) { $syntax[$set] = $syntax[$set].Replace('```', '') }
    $examples = Split-Section $sections.EXAMPLES '### '
    $parameters = Split-Section $sections.PARAMETERS '### -'
    foreach ($parameter in @($parameters.Keys)) {
        $section = $parameters[$parameter]
        $parameters[$parameter] = @{
            Text = $section.Substring(0, $section.IndexOf('```')).Trim()
            Facts = @(foreach ($match in [regex]::Matches($section, '(?s)```yaml\n(.*?)```')) {
                $facts = @{}
                foreach ($line in $match.Groups[1].Value -split '\n' -ne '') {
                    $key, $value = $line -split ':', 2
                    $facts[$key.Trim()] = $value.Trim()
                }

                $facts
            })
        }
    }

    @{
        Name = $Name
        Synopsis = $sections.SYNOPSIS.Trim()
        Description = $sections.DESCRIPTION.Trim()
        Syntax = $syntax
        Parameters = $parameters
        Examples = @(foreach ($title in $examples.Keys) {
            $code = ($examples[$title] -split '```')[1].Substring("powershell`n".Length).TrimEnd("`n")
            @{ Title = $title; Code = $code; Script = ($code -split '\n' -match '^(PS>|>>) ' -replace '^(PS>|>>) ') -join "`n" }
        })
    }
}

# Goes to a new folder with the files that the examples name. Ends with Pop-Location.
function Enter-ExampleFolder([long] $Size = 20GB) {
    $null = Enter-Folder
    $sector = [byte[]]::new(512)
    [Text.Encoding]::ASCII.GetBytes('Hello, disk.').CopyTo($sector, 0)
    $null = New-VpcImage disk.vhd -Size $Size -UniqueId '5d1f0a92-7c3e-4b64-8f0d-3a6b2c91e7d4' -TimeStamp '2026-11-01Z'
    Write-VpcSector disk.vhd 4096 $sector
    $null = New-VpcImage fixed.vhd -Size 64MB -VhdType Fixed -UniqueId '0e4b7f31-2a58-4d9c-b1c6-94d7f5a8e203' -TimeStamp '2026-11-01Z'
    $null = New-Item -ItemType Directory rescue, converted, chain, old
    $null = New-VpcImage old/server.vhd -Size $Size -UniqueId 'b36e08f5-42c7-4a19-8d50-e17c9fa2b684' -TimeStamp '2026-11-01Z'
    Write-VpcSector old/server.vhd 0 $sector
    Write-VpcSector old/server.vhd 4096 $sector
    Write-VpcSector old/server.vhd 4096 ([byte[]]::new(512))
    $null = New-VpcImage rescue/d.vhd -Size 1GB -UniqueId 'c8a2d6e4-91b7-4f05-a3de-60f1b7294c58' -TimeStamp '2026-11-01Z'
    $bytes = [IO.File]::ReadAllBytes("$PWD/rescue/d.vhd")
    $bytes[-100] = 64
    [IO.File]::WriteAllBytes("$PWD/rescue/d.vhd", $bytes)
    $raw = [byte[]]::new(8MB)
    $sector.CopyTo($raw, 0)
    [IO.File]::WriteAllBytes("$PWD/guest.img", $raw)
    Write-GptDisk gpt.img
    Convert-VpcImage gpt.img system.vhd -SourceFormat Raw -UniqueId '27d1f3a9-5c40-4be8-9d62-b80e71c4f95a' -TimeStamp '2026-11-01Z'
    Remove-Item gpt.img
    $null = New-VpcImage chain/base.vhd -Size 1GB -UniqueId '8a35c2f0-6e94-4b1d-a7c8-2f50d9e613b4' -TimeStamp '2026-11-01Z'
    Write-VpcSector chain/base.vhd 0 $sector
    foreach ($pair in ('middle', 'base'), ('top', 'middle')) {
        $null = New-VpcImage "chain/$($pair[0]).vhd" -ParentPath "chain/$($pair[1]).vhd" -TimeStamp '2026-11-02Z'
        Write-VpcSector "chain/$($pair[0]).vhd" 8192 $sector
    }
}

# A session in the folder, in which lines of a document are run as a user runs them, one after the other. Ends with Dispose.
function New-ExampleSession {
    $shell = [powershell]::Create()
    $null = $shell.AddScript('Import-Module $args[0]; Set-Location -LiteralPath $args[1]').AddArgument($module).AddArgument("$PWD").Invoke()
    $shell
}

# Runs lines in it. Returns Output and Errors.
function Invoke-Example($Session, [string] $Script) {
    $Session.Commands.Clear()
    $Session.Streams.ClearStreams()
    $output = $Session.AddScript($Script).Invoke()
    [pscustomobject]@{ Output = $output; Errors = @($Session.Streams.Error) }
}
