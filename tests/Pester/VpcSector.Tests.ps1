BeforeAll {
    Set-StrictMode -Version 3.0
    Import-Module (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1') -Force
}

Describe 'Read-VpcSector and Write-VpcSector' {
    BeforeEach {
        $folder = New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))
        Push-Location $folder
        $null = New-VpcImage d.vhd -Size 20GB
        $data = [byte[]](1..1024 | ForEach-Object { $_ % 251 })
    }
    AfterEach { Pop-Location }

    It 'reads what was written' {
        Write-VpcSector -Path d.vhd -Sector 5000 -Data $data
        $read = Read-VpcSector -Path d.vhd -Sector 5000 -Count 2
        $read.Data | Should -Be $data
        $read.Origin | Should -Be 'File'
        (Read-VpcSector d.vhd 5000 2 -Raw) | Should -Be $data
    }

    It 'reads zeros where nothing was written' {
        $read = Read-VpcSector d.vhd 0
        $read.Origin | Should -Be 'Zero'
        $read.FileOffset | Should -BeNullOrEmpty
        $read.Data | Measure-Object -Sum | Select-Object -ExpandProperty Sum | Should -Be 0
    }

    It 'copies sectors from image to image by pipeline' {
        Write-VpcSector d.vhd 7 $data
        $null = New-VpcImage e.vhd -Size 1GB
        Read-VpcSector d.vhd 0 16 | Write-VpcSector e.vhd
        (Read-VpcSector e.vhd 0 16 -Raw) | Should -Be (Read-VpcSector d.vhd 0 16 -Raw)
    }

    It 'refuses sectors that are not on the disk before anything is read or written' {
        Read-VpcSector d.vhd 41943039 2 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $before = (Get-FileHash d.vhd).Hash
        Write-VpcSector d.vhd 41943039 $data -ErrorAction SilentlyContinue
        (Get-FileHash d.vhd).Hash | Should -Be $before
    }

    It 'writes nothing with -WhatIf' {
        $before = (Get-FileHash d.vhd).Hash
        Write-VpcSector d.vhd 0 $data -WhatIf
        (Get-FileHash d.vhd).Hash | Should -Be $before
    }

    It 'shows a hex dump' {
        Write-VpcSector d.vhd 0 ([Text.Encoding]::ASCII.GetBytes('Hello'.PadRight(512)))
        Read-VpcSector d.vhd 0 | Out-String -Width 80 | Should -Match '48 65 6c 6c 6f.*Hello'
    }

    It 'reads in parallel' {
        Write-VpcSector d.vhd 0 $data
        $module = (Get-Module VhdPS).Path
        $sums = 1..8 | ForEach-Object -Parallel {
            Import-Module $using:module
            ((Read-VpcSector $using:folder/d.vhd 0 2 -Raw) | Measure-Object -Sum).Sum
        } -ThrottleLimit 4
        $sums | Sort-Object -Unique | Should -HaveCount 1
    }
}
