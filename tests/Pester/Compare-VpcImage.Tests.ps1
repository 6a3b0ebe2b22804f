BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Compare-VpcImage' {
    BeforeEach {
        $null = Enter-Folder
        $null = Write-RawDisk disk.img
        'Dynamic', 'Fixed' | ForEach-Object { Convert-VpcImage disk.img "$_.vhd" -SourceFormat Raw -VhdType $_ }
    }
    AfterEach { Pop-Location }

    It 'finds no difference where the disks are equal, whatever holds them' {
        Compare-VpcImage Dynamic.vhd Fixed.vhd | Should -BeNullOrEmpty
        Compare-VpcImage Dynamic.vhd disk.img -DifferenceFormat Raw -Quiet | Should -BeTrue
        Compare-VpcImage disk.img Fixed.vhd -ReferenceFormat Raw -Quiet | Should -BeTrue
    }

    It 'finds exactly the sectors that differ' {
        Write-VpcSector Dynamic.vhd 6 (Get-Pattern 1536 77)
        Write-VpcSector Fixed.vhd 9000 (Get-Pattern 512)
        $found = Compare-VpcImage Fixed.vhd Dynamic.vhd
        $found.Sector | Should -Be @(6, 9000)
        $found.SectorCount | Should -Be @(3, 1)
        $found | ForEach-Object Length | Should -Be @(1536, 512)
        $found.Side | Should -Be @('Both', 'Both')
        Compare-VpcImage Fixed.vhd Dynamic.vhd -Quiet | Should -BeFalse
    }

    It 'covers the whole disk with -IncludeEqual' {
        Write-VpcSector Dynamic.vhd 100 (Get-Pattern 512)
        $ranges = Compare-VpcImage Fixed.vhd Dynamic.vhd -IncludeEqual
        ($ranges | Measure-Object SectorCount -Sum).Sum | Should -Be (6MB / 512)
        $ranges.Side | Should -Be @('Equal', 'Both', 'Equal')
    }

    It 'warns that the sizes differ, and takes zeros behind the end for equal' {
        Copy-Item Dynamic.vhd larger.vhd
        Resize-VpcImage larger.vhd 30MB
        Compare-VpcImage Dynamic.vhd larger.vhd -Quiet -WarningVariable warnings -WarningAction SilentlyContinue | Should -BeTrue
        $warnings | Should -HaveCount 1
        Write-VpcSector larger.vhd 20000 (Get-Pattern 512)
        $found = Compare-VpcImage Dynamic.vhd larger.vhd -WarningAction SilentlyContinue
        $found.Side | Should -Be 'Difference'
        $found.Sector | Should -Be 20000
    }

    It 'compares every file of a pipeline with the one' {
        Copy-Item Dynamic.vhd other.vhd
        Write-VpcSector other.vhd 1 (Get-Pattern 512 99)
        Get-ChildItem Fixed.vhd, other.vhd | Compare-VpcImage Dynamic.vhd -Quiet | Should -Be @($true, $false)
    }

    It 'compares how images are made' {
        $found = Compare-VpcImage Dynamic.vhd Fixed.vhd -Structure
        ($found | Where-Object Field -EQ DiskType).Reference | Should -Be 'Dynamic'
        ($found | Where-Object Field -EQ DiskType).Difference | Should -Be 'Fixed'
        { Compare-VpcImage disk.img Fixed.vhd -Structure -ReferenceFormat Raw -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'stops for Select-Object -First 1' {
        5, 500, 5000 | ForEach-Object { Write-VpcSector Dynamic.vhd $_ (Get-Pattern 512 9) }
        Compare-VpcImage Dynamic.vhd Fixed.vhd | Select-Object -First 1 | ForEach-Object Sector | Should -Be 5
    }

    It 'shows the ranges within <_> columns' -ForEach 80, 120 {
        Write-VpcSector Dynamic.vhd 8000 (Get-Pattern 512)
        Compare-VpcImage Dynamic.vhd Fixed.vhd | Out-Shown $_ | Should -Match '8000 +1 +512 B +Both'
        Compare-VpcImage Dynamic.vhd Fixed.vhd -Structure | Out-Shown $_ | Should -Match 'Footer +DiskType +Dynamic +Fixed'
    }

    It 'names both files and the bytes of each range' {
        Write-VpcSector Fixed.vhd 6 (Get-Pattern 1024 77)
        $found = Compare-VpcImage Fixed.vhd Dynamic.vhd
        $found.ReferencePath | Should -Be (Join-Path $PWD Fixed.vhd)
        $found.DifferencePath | Should -Be (Join-Path $PWD Dynamic.vhd)
        $found.Offset | Should -Be 3072
        $found.Length | Should -Be 1024
        (Compare-VpcImage Fixed.vhd Dynamic.vhd -IncludeEqual).Sector | Should -Be @(0, 6, 8)
    }

    It 'takes a raw disk by name only' {
        { Compare-VpcImage Dynamic.vhd disk.img -ErrorAction Stop } | Should -Throw -ErrorId 'NotVhd,VhdPS.Commands.CompareVpcImageCommand'
    }

    It 'says in its warning how large the disks are' {
        Copy-Item disk.img long.img
        Set-FileLength long.img (6MB + 8192)
        $result = Invoke-Recorded 'Compare-VpcImage Fixed.vhd long.img -DifferenceFormat Raw -Quiet'
        $result.Output | Should -BeTrue
        $result.Warnings | Should -HaveCount 1
        $result.Warnings[0] | Should -BeLike "*$(6MB + 8192)*"
    }

    It 'compares structures field by field' {
        Copy-Item Fixed.vhd other.vhd
        Set-VpcImage other.vhd -CreatorApplication qem2
        $found = Compare-VpcImage Fixed.vhd other.vhd -Structure
        $found.Field | Should -Be @('CreatorApplication', 'Checksum')
        $found[0].Reference | Should -BeExactly 'win '
        $found[0].Difference | Should -BeExactly 'qem2'
        Copy-Item Fixed.vhd same.vhd
        Write-VpcSector same.vhd 5 (Get-Pattern 512 77)
        Compare-VpcImage Fixed.vhd same.vhd -Structure -Quiet | Should -BeTrue
        Compare-VpcImage Fixed.vhd same.vhd -Structure:$false -Quiet | Should -BeFalse
    }

    It 'counts the table entries that only the larger image has' {
        $null = New-VpcImage small.vhd 20MB
        $null = New-VpcImage large.vhd 20GB
        Write-VpcSector large.vhd 9000000 (Get-Pattern 512)
        $found = Compare-VpcImage small.vhd large.vhd -Structure | Where-Object Structure -EQ BlockAllocationTable
        $found.Field | Should -Be 'Blocks 10 to 10239'
        $found.Reference | Should -BeExactly ''
        $found.Difference | Should -Be '10230 entries, 1 allocated'
        (Compare-VpcImage large.vhd small.vhd -Structure)[-1].Reference | Should -Be '10230 entries, 1 allocated'
    }

    It 'closes both files when the first range is enough' {
        5, 500 | ForEach-Object { Write-VpcSector Dynamic.vhd $_ (Get-Pattern 512 9) }
        Compare-VpcImage Dynamic.vhd Fixed.vhd | Select-Object -First 1 | Should -HaveCount 1
        'Dynamic.vhd', 'Fixed.vhd' | ForEach-Object { [IO.File]::Open((Join-Path $PWD $_), 'Open', 'ReadWrite', 'None').Dispose() }
    }
}
