# Makes a 20 GB image, writes and reads a sector, and checks it. Takes the module that `dotnet build` leaves in out/VhdPS.
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot ../../out/VhdPS/VhdPS.psd1)

$folder = Join-Path ([IO.Path]::GetTempPath()) "vhdps-$([guid]::NewGuid())"
$null = New-Item -ItemType Directory $folder
Push-Location $folder
try {
    New-VpcImage -Path d.vhd -Size 20GB | Out-Default

    $sector = [byte[]]::new(512)
    [Text.Encoding]::ASCII.GetBytes('Hello, disk.').CopyTo($sector, 0)
    Write-VpcSector -Path d.vhd -Sector 4096 -Data $sector
    Read-VpcSector -Path d.vhd -Sector 4096 | Out-Default

    Get-ChildItem *.vhd | Test-VpcChecksum | Out-Default
    Test-VpcImage -Path d.vhd -Full | Out-Default
}
finally {
    Pop-Location
    Remove-Item -Recurse $folder
}
