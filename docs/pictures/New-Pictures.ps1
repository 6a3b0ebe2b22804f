<#
.SYNOPSIS
Makes the pictures of the README from a real session: session.svg, what six commands print, and map.svg, a drawing of Show-VpcMap.
.PARAMETER ModulePath
The built module.
.PARAMETER OutFolder
Where the pictures go.
#>
param(
    [string] $ModulePath = (Join-Path $PSScriptRoot ../../out/VhdPS/VhdPS.psd1),
    [string] $OutFolder = $PSScriptRoot
)
$ErrorActionPreference = 'Stop'
$columnCount = 92
$remarks = @{
    'Test-VpcImage *.vhd' = '# hurt.vhd is a copy of base.vhd, and a byte of its footer was changed'
}
$lineHeight = 18
$letterWidth = 8.43

# What a run makes by itself is the same each time.
$script:made = 0
$PSDefaultParameterValues = @{
    'New-VpcImage:TimeStamp' = [datetime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Utc)
    'New-VpcImage:UniqueId' = { $script:made++; [guid]::new($script:made, 0, 0, [byte[]]::new(8)) }
}

$commands = @(
    'New-VpcImage base.vhd -Size 20GB'
    '$null = New-VpcImage night.vhd -ParentPath base.vhd; Get-VpcChain .'
    'Write-VpcSector night.vhd 4096 $hello -PassThru | Read-VpcSector'
    'Test-VpcImage *.vhd'
    'Repair-VpcImage hurt.vhd'
    'Convert-VpcImage night.vhd azure.vhd -For Azure -PassThru | Test-VpcImage -For Azure'
)
$hello = [Text.Encoding]::ASCII.GetBytes('Hello, disk.'.PadRight(512, [char]0))

# Runs of one look in a line with the escape sequences of a terminal.
function Split-Look([string] $Line) {
    $look = ''
    foreach ($part in [regex]::Split($Line, '(\x1b\[[\d;]*m)')) {
        if ($part -match '^\x1b\[([\d;]*)m$') {
            $look = switch -Regex ($Matches[1]) {
                '31|91' { 'bad' }
                '33|93' { 'warn' }
                '32|92' { 'head' }
                '36|96' { 'name' }
                default { '' }
            }
        } elseif ($part) {
            [pscustomobject]@{ Text = $part; Look = $look }
        }
    }
}

function ConvertTo-SvgLine([string] $Line, [double] $Top) {
    $column = 0
    foreach ($run in Split-Look $Line) {
        $x = 20 + $column * $letterWidth
        $text = [Security.SecurityElement]::Escape($run.Text)
        $column += $run.Text.Length
        if ($run.Text.Trim()) {
            $width = $run.Text.Length * $letterWidth
            [string]::Format(
                [cultureinfo]::InvariantCulture,
                '<text class="{0}" xml:space="preserve" x="{1:0.##}" y="{2:0.##}" textLength="{3:0.##}">{4}</text>',
                "$($run.Look) t".Trim(), $x, $Top, $width, $text)
        }
    }
}

Import-Module $ModulePath -Force
$folder = New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "vhdps-pictures-$PID")
Push-Location -LiteralPath $folder
$rendering = $PSStyle.OutputRendering
try {
    $PSStyle.OutputRendering = 'Ansi'
    $lines = foreach ($command in $commands) {
        if ($command -like 'Test-VpcImage*') {
            Copy-Item base.vhd hurt.vhd
            $stream = [IO.File]::OpenWrite((Join-Path $folder hurt.vhd))
            $stream.Position = $stream.Length - 100
            $stream.WriteByte(1)
            $stream.Dispose()
        }
        if ($command -like 'Convert-VpcImage*') {
            Remove-Item hurt.vhd*
        }
        if ($remarks[$command]) { $remarks[$command] }
        "`e[36mPS>`e[0m $command"
        $text = . ([scriptblock]::Create($command)) | Out-String -Width $columnCount
        $text.Replace([string] $folder, '/srv/images').Trim("`r", "`n") -split '\r?\n'
        ''
    }

    $width = [int](40 + $columnCount * $letterWidth)
    $height = 30 + $lineHeight * $lines.Count
    $top = 34
    $body = foreach ($line in $lines) {
        ConvertTo-SvgLine $line.TrimEnd() $top
        $top += $lineHeight
    }
    $session = @"
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width" height="$height" role="img"
 font-family="ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', Consolas, monospace" font-size="14">
<title>A session of VhdPS in PowerShell</title>
<style>
.t { fill: #e6edf3 } .head { fill: #7ee787; font-weight: 600 } .name { fill: #79c0ff } .bad { fill: #ff7b72 } .warn { fill: #d29922 }
</style>
<rect width="$width" height="$height" rx="8" fill="#0d1117"/>
$($body -join "`n")
</svg>

"@
    [IO.File]::WriteAllText((Join-Path (Resolve-Path -LiteralPath $OutFolder).ProviderPath session.svg), $session.Replace("`r`n", "`n"))

    $null = New-VpcImage disk.vhd -Size 4GB
    $data = [byte[]](, 1 * 4096)
    foreach ($block in 0..299) {
        $place = [Math]::Floor($block / 50) * 330 + $block * 11 % 50 * 4 + $block * $block % 7
        Write-VpcSector disk.vhd ($place * 4096) $data
    }
    $null = Show-VpcMap disk.vhd -OutFile (Join-Path (Resolve-Path -LiteralPath $OutFolder).ProviderPath map.svg) -Force
} finally {
    $PSStyle.OutputRendering = $rendering
    Pop-Location
    Remove-Item -LiteralPath $folder -Recurse
}
