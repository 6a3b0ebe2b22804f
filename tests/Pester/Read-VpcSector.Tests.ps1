BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Read-VpcSector' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-VpcImage d.vhd -Size 20GB
        $data = Get-Pattern 1024
    }
    AfterEach { Pop-Location }

    It 'reads what stands in the file' {
        Write-VpcSector d.vhd 5000 $data
        $read = Read-VpcSector d.vhd 5000 2
        $read.Origin | Should -Be 'File'
        $read.OriginPath | Should -Be (Join-Path $folder d.vhd)
        $read.Data | Should -Be $data
        (Read-File d.vhd $read.FileOffset 1024) | Should -Be $data
    }

    It 'reads the sectors of a raw disk from an image of it' {
        $null = Write-RawDisk disk.img
        Convert-VpcImage disk.img -SourceFormat Raw -VhdType Dynamic
        foreach ($sector in 0, 7, (3MB / 512), (6MB / 512 - 1)) {
            (Read-VpcSector disk.vhd $sector -Raw) | Should -Be (Read-File disk.img ($sector * 512) 512)
        }
    }

    It 'reads zeros where nothing was written' {
        $read = Read-VpcSector d.vhd 0
        $read.Origin | Should -Be 'Zero'
        $read.FileOffset | Should -BeNullOrEmpty
        $read.Data | Measure-Object -Sum | Select-Object -ExpandProperty Sum | Should -Be 0
    }

    It 'tells child, parent and zeros apart' {
        $null = New-VpcImage base.vhd -Size 10MB
        Write-VpcSector base.vhd 10 $data
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        Write-VpcSector child.vhd 11 (Get-Pattern 512 9)
        $runs = Read-VpcSector child.vhd 10 2
        $runs.Origin | Should -Be @('Parent', 'File')
        $runs[0].OriginPath | Should -BeLike '*base.vhd'
        $runs[0].Data | Should -Be $data[0..511]
        $runs[1].Data | Should -Be (Get-Pattern 512 9)
        (Read-VpcSector child.vhd 8192).Origin | Should -Be 'Zero'
    }

    It 'stops in the middle for Select-Object -First 1' {
        $runs = Read-VpcSector d.vhd 0 (20GB / 512) | Select-Object -First 1
        $runs.Count | Should -BeLessThan (20GB / 512)
    }

    It 'refuses sectors that are not on the disk before anything is read' {
        Read-VpcSector d.vhd 41943039 2 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem | Should -HaveCount 1
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
    }

    It 'does not take <Value> for <Name>' -ForEach @(
        @{ Name = 'Sector'; Value = -1 }, @{ Name = 'Sector'; Value = 'x' }, @{ Name = 'Count'; Value = 0 }
    ) {
        $arguments = @{ Path = 'd.vhd'; Sector = 0 }
        $arguments[$Name] = $Value
        { Read-VpcSector @arguments } | Should -Throw -ErrorId '*Argument*,VhdPS.Commands.*'
    }

    It 'shows a hex dump whose lines fit into <_> columns' -ForEach 80, 120 {
        Write-VpcSector d.vhd 0 ([Text.Encoding]::ASCII.GetBytes('Hello'.PadRight(512)))
        $shown = Read-VpcSector d.vhd 0 | Out-Shown $_
        $shown | Should -Match '(?m)^00000000  48 65 6c 6c 6f 20 20 20  20 20 20 20 20 20 20 20  Hello +\r?$'
        $shown | Should -Match 'Sector 0: file offset \d+ \(0x[0-9A-F]+\)'
    }
}
