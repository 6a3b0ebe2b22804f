# Makes a 20 GB image, writes and reads a sector, and checks it.
# Run by: dotnet run --project src/VhdPS.Console -- -File docs/examples/first-disk.ps1
$ErrorActionPreference = 'Stop'
Import-Module VhdPS

$folder = Join-Path ([IO.Path]::GetTempPath()) "vhdps-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
$null = [IO.Directory]::CreateDirectory($folder)
Set-Location $folder
try {
    New-VpcImage -Path d.vhd -Size 20GB | Out-Default

    $sector = [byte[]]::new(512)
    [Text.Encoding]::ASCII.GetBytes('Hello, disk.').CopyTo($sector, 0)
    Write-VpcSector -Path d.vhd -Sector 4096 -Data $sector
    Read-VpcSector -Path d.vhd -Sector 4096 | Out-Default

    Get-ChildItem *.vhd | Test-VpcChecksum | Out-Default
    Get-VpcFooter -Path d.vhd | Out-Default
} finally {
    Set-Location ([IO.Path]::GetTempPath())
    [IO.Directory]::Delete($folder, $true)
}
