# What the tests of cmdlets share, dot-sourced in BeforeAll: the staged module under strict mode, a folder for each test,
# disks whose bytes are known, and what a folder and a view look like.
Set-StrictMode -Version Latest
. (Join-Path $PSScriptRoot PowerShell.ps1)
. (Join-Path $PSScriptRoot ImageBytes.ps1)
. (Join-Path $PSScriptRoot PartitionBytes.ps1)
$module = (Resolve-Path (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1')).ProviderPath
Import-Module $module -Force

# Makes a folder and goes there; ends with Pop-Location. Returns its path.
function Enter-Folder([string] $Name = [guid]::NewGuid()) {
    $folder = New-Item -ItemType Directory -Path $TestDrive -Name $Name
    Push-Location -LiteralPath $folder.FullName
    $folder.FullName
}

# Bytes that tell where they stand: a multiple of 251 fits no sector.
function Get-Pattern([int] $Count, [int] $Seed = 0) {
    $bytes = [byte[]]::new($Count)
    for ($i = 0; $i -lt $Count; $i++) { $bytes[$i] = ($i + $Seed) % 251 }
    , $bytes
}

# Writes a raw disk of zeros with data at its start, in the middle and in its last sector. Returns its SHA-256.
function Write-RawDisk([string] $Name, [long] $Size = 6MB) {
    $stream = [IO.File]::Create((Join-Path $PWD.ProviderPath $Name))
    $stream.SetLength($Size)
    foreach ($place in @(0, 4096), @(($Size / 2), 1024), @(($Size - 512), 512)) {
        $stream.Position = $place[0]
        $stream.Write((Get-Pattern $place[1] ($place[0] % 250)))
    }
    $stream.Dispose()
    (Get-FileHash -LiteralPath $Name).Hash
}

# SHA-256 of the disk in an image, by way of a raw file and Get-FileHash.
function Get-DiskHash([string] $Name) {
    $raw = "$([guid]::NewGuid()).raw"
    Convert-VpcImage -LiteralPath $Name -DestinationPath $raw
    (Get-FileHash -LiteralPath $raw).Hash
    Remove-Item -LiteralPath $raw
}

# Bytes of a file.
function Read-File([string] $Name, [long] $Offset, [int] $Count) {
    $stream = [IO.File]::OpenRead((Join-Path $PWD.ProviderPath $Name))
    $bytes = [byte[]]::new($Count)
    $stream.Position = $Offset
    $stream.ReadExactly($bytes, 0, $Count)
    $stream.Dispose()
    , $bytes
}

# Changes one byte of a file; a negative offset counts from the end.
function Edit-Byte([string] $Name, [long] $Offset) {
    $path = Join-Path $PWD.ProviderPath $Name
    $bytes = [IO.File]::ReadAllBytes($path)
    $bytes[$Offset] = $bytes[$Offset] -bxor 0x5A
    [IO.File]::WriteAllBytes($path, $bytes)
}

# Cuts a file off, or lengthens it with zeros.
function Set-FileLength([string] $Name, [long] $Length) {
    $stream = [IO.File]::OpenWrite((Join-Path $PWD.ProviderPath $Name))
    $stream.SetLength($Length)
    $stream.Dispose()
}

# Every file of the folder with its hash: equal before and after where nothing has changed.
function Get-FolderState {
    Get-ChildItem -Recurse -File -Force | Sort-Object FullName |
        ForEach-Object { "$($_.FullName) $((Get-FileHash -LiteralPath $_.FullName).Hash)" }
}

# What a console of a width shows of the pipeline's objects, without colour, as one text.
function Out-Shown([int] $Width = 80) {
    ($input | Out-String -Width $Width) -replace '\e\[[0-9;]*m'
}

# What a command writes to each stream: Output, Errors, Warnings, Verbose, Debug, all but output as text or records.
function Invoke-Recorded([string] $Command) {
    $ErrorActionPreference = 'Continue'
    $all = @(. ([scriptblock]::Create($Command)) *>&1)
    [pscustomobject]@{
        Output = @($all | Where-Object { $_.GetType().Name -notlike '*Record' })
        Errors = @($all | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
        Warnings = @($all | Where-Object { $_ -is [Management.Automation.WarningRecord] } | ForEach-Object Message)
        Verbose = @($all | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | ForEach-Object Message)
        Debug = @($all | Where-Object { $_ -is [Management.Automation.DebugRecord] } | ForEach-Object Message)
    }
}

# The images of the folder that a full check finds more than notes in.
function Get-Unsound([string[]] $Except) {
    Get-ChildItem *.vhd -Exclude $Except | Test-VpcImage -Full | Where-Object { -not $_.IsValid -or $_.Warnings } | ForEach-Object Path
}
