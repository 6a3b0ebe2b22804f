BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Get-VpcBlock' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage d.vhd -Size 20MB
        3, 4, 1 | ForEach-Object { Write-VpcSector d.vhd ($_ * 4096) (Get-Pattern 512 $_) }
    }
    AfterEach { Pop-Location }

    It 'tells each block once, and which are in the file' {
        $runs = Get-VpcBlock d.vhd
        ($runs | Measure-Object Count -Sum).Sum | Should -Be 10
        ($runs | Measure-Object SectorCount -Sum).Sum | Should -Be (20MB / 512)
        $blocks = $runs | Where-Object State -EQ Allocated | ForEach-Object { $_.Block..($_.Block + $_.Count - 1) }
        $blocks | Sort-Object | Should -Be @(1, 3, 4)
        (Get-VpcBlock d.vhd -Allocated).State | Sort-Object -Unique | Should -Be 'Allocated'
    }

    It 'gives the offsets of their data in the file' {
        foreach ($index in 1, 3, 4) {
            $block = Get-VpcBlock d.vhd $index
            $block.Block | Should -Be $index
            (Read-File d.vhd $block.FileOffset 512) | Should -Be (Get-Pattern 512 $index)
        }
    }

    It 'reads the bitmaps with -Detailed' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        Write-VpcSector child.vhd 0 (Get-Pattern 1024)
        (Get-VpcBlock child.vhd 0).WrittenSectorCount | Should -BeNullOrEmpty
        (Get-VpcBlock child.vhd 0 -Detailed).WrittenSectorCount | Should -Be 2
    }

    It 'follows the chain with -Chain' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        Write-VpcSector child.vhd 4097 (Get-Pattern 512)
        $runs = Get-VpcBlock child.vhd -Block 1 -Chain
        $runs.Sector | Should -Be @(4096, 4097, 4098)
        $runs.OwnerPath | Split-Path -Leaf | Should -Be @('d.vhd', 'child.vhd', 'd.vhd')
    }

    It 'refuses a block that the disk has not' {
        { Get-VpcBlock d.vhd -Block 10 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        { Get-VpcBlock d.vhd -Block -1 } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'stops for Select-Object -First 1' {
        Get-VpcBlock d.vhd | Select-Object -First 1 | ForEach-Object Block | Should -Be 0
    }

    It 'shows all columns within <_> columns' -ForEach 80, 120 {
        $shown = Get-VpcBlock d.vhd | Out-Shown $_
        $shown | Should -Match 'Block +Count +Sector +Size +State +Written +FileOffset *\r?\n'
        $shown | Should -Match '1 +1 +4096 +2 MiB +Allocated +\d+ *\r?\n'
        $shown | Should -Not -Match '…'
    }

    It 'comes in runs of one state, in order' {
        $null = New-VpcImage base.vhd -Size 16MB -BlockSize 512KB
        20, 4, 5 | ForEach-Object { Write-VpcSector base.vhd ($_ * 1024) ([byte[]](, 0xAB * 512KB)) }
        $runs = Get-VpcBlock base.vhd
        $runs.Block | Should -Be @(0, 4, 6, 20, 21)
        $runs | ForEach-Object Count | Should -Be @(4, 2, 14, 1, 11)
        $runs.State | Should -Be @('Zero', 'Allocated', 'Zero', 'Allocated', 'Zero')
        $runs[0].FileOffset | Should -BeNullOrEmpty
        $runs | Where-Object FileOffset | ForEach-Object { (Read-File base.vhd $_.FileOffset 1)[0] | Should -Be 0xAB }
        (Get-VpcBlock base.vhd -Allocated).Block | Should -Be @(4, 20)
        (Get-VpcBlock base.vhd -Block 5, 20).Block | Should -Be @(5, 20)
        $null = New-VpcImage fixed.vhd -Size 5MB -VhdType Fixed
        Get-VpcBlock fixed.vhd | Should -HaveCount 1
    }

    It 'tells the blocks of a child from those of its parent, and says where the parent is missing' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        Write-VpcSector child.vhd 16394 (Get-Pattern 1024)
        $runs = Get-VpcBlock child.vhd -Detailed
        $runs.State | Should -Be @('Parent', 'Partial', 'Parent')
        $runs[1].WrittenSectorCount | Should -Be 2
        (Get-VpcBlock child.vhd -Allocated).WrittenSectorCount | Should -BeNullOrEmpty
        (Get-VpcBlock child.vhd -Chain -Block 4).SectorCount | Should -Be @(10, 2, 4084)
        Remove-Item d.vhd
        { Get-VpcBlock child.vhd -Chain -ErrorAction Stop } | Should -Throw -ErrorId 'ParentNotFound,*'
        Get-VpcBlock child.vhd | Should -HaveCount 3
    }
}
