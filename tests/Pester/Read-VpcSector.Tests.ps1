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

    It 'says where in the parent the data is, and that zeros of a child hide it' {
        $null = New-VpcImage base.vhd -Size 10MB
        Write-VpcSector base.vhd 100 ([byte[]](, 0xAB * 1024))
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        Write-VpcSector child.vhd 101 ([byte[]]::new(512))
        $runs = Read-VpcSector child.vhd 100 2
        $runs.OriginPath | Should -Be @((Join-Path $folder base.vhd), (Join-Path $folder child.vhd))
        $runs[1].Data[0] | Should -Be 0
        $offset = $runs[0].FileOffset
        (Read-File base.vhd $offset 1)[0] | Should -Be 0xAB
        $shown = 'Sector 100: file offset {0} (0x{0:X}) of the parent base.vhd' -f $offset
        Read-VpcSector child.vhd 100 | Out-Shown 120 | Should -BeLike "*$shown*"
    }

    It 'gives an object for each run of one origin' {
        Write-VpcSector d.vhd 4096 $data
        $runs = Read-VpcSector d.vhd 4094 4
        $runs.Origin | Should -Be @('Zero', 'File')
        $runs.Sector | Should -Be @(4094, 4096)
        $runs[0].FileOffset | Should -BeNullOrEmpty
    }

    It 'gives one array for a small request across blocks with -Raw' {
        Write-VpcSector d.vhd 4095 $data
        (Read-VpcSector d.vhd 4094 4 -Raw) | Should -Be ([byte[]]([byte[]]::new(512) + $data + [byte[]]::new(512)))
        @(Read-VpcSector d.vhd 4094 4 -Raw | ForEach-Object { , $_ }).Count | Should -Be 1
    }

    It 'gives pieces of at most 2 MiB for a long one' {
        $pieces = Read-VpcSector d.vhd 1 16384 -Raw | ForEach-Object { $_.Length }
        ($pieces | Measure-Object -Sum).Sum | Should -Be (16384 * 512)
        $pieces | Where-Object { $_ -lt 512 -or $_ -gt 2MB } | Should -BeNullOrEmpty
    }

    It 'refuses what is not on the disk, and gives nothing: <_>' -ForEach @(
        'Read-VpcSector d.vhd 41943040'
        'Read-VpcSector d.vhd 41943039 2'
        'Read-VpcSector d.vhd 0 ([long]::MaxValue)'
        'Read-VpcSector d.vhd ([long]::MaxValue) 1 -Raw'
    ) {
        $result = Invoke-Recorded $_
        $result.Output | Should -BeNullOrEmpty
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        "$($result.Errors[0])" | Should -BeLike '*d.vhd*'
    }

    It 'reads an image with two wrong footers with -Force only' {
        -100, 400 | ForEach-Object { Edit-Byte d.vhd $_ }
        { Read-VpcSector d.vhd 0 -ErrorAction Stop } | Should -Throw -ErrorId 'FooterChecksumMismatch,*'
        Read-VpcSector d.vhd 0 -Force -WarningAction SilentlyContinue | Should -HaveCount 1
    }
}
