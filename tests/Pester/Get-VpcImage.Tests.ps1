BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Get-VpcImage' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage d.vhd -Size 1GB
        $null = New-VpcImage f.vhd -Size 5MB -VhdType Fixed
    }
    AfterEach { Pop-Location }

    It 'describes every image of a folder' {
        $images = Get-ChildItem *.vhd | Get-VpcImage
        $images.VhdType | Should -Be @('Dynamic', 'Fixed')
        $images.FileSize | Should -Be (Get-Item *.vhd | ForEach-Object Length)
        $images[0].BlockCount | Should -Be 512
        $images[0].AllocatedBlockCount | Should -Be 0
        $images[1].Header | Should -BeNullOrEmpty
    }

    It 'counts what was written' {
        Write-VpcSector d.vhd 0 (Get-Pattern 512)
        (Get-VpcImage d.vhd).AllocatedBlockCount | Should -Be 1
        (Get-VpcImage d.vhd).MinimumSize | Should -Be 2MB
    }

    It 'shows a table whose columns all fit into <_> columns' -ForEach 80, 120 {
        $shown = Get-VpcImage *.vhd | Out-Shown $_
        $shown | Should -Match 'Type +Size +FileSize +OnDisk +Name'
        $shown | Should -Match 'Dynamic +1 GiB +\d+(\.\d+)? KiB .*iB d\.vhd'
        $shown | Should -Not -Match '…'
    }

    It 'shows a list with the parent of a child only' {
        $null = New-VpcImage c.vhd -ParentPath d.vhd
        Get-VpcImage c.vhd | Format-List | Out-Shown | Should -Match '(?m)^ParentPath +: '
        Get-VpcImage d.vhd | Format-List | Out-Shown | Should -Not -Match 'ParentPath'
    }

    It 'fills CSV and JSON' {
        Get-VpcImage *.vhd | Export-Csv images.csv
        $rows = Import-Csv images.csv
        $rows.Size | Should -Be @("$(1GB)", "$(5MB)")
        $rows.VhdType | Should -Be @('Dynamic', 'Fixed')
        $null = New-VpcImage c.vhd -ParentPath d.vhd
        $json = Get-VpcImage c.vhd | ConvertTo-Json -Depth 3 -EnumsAsStrings -WarningVariable warnings | ConvertFrom-Json
        $warnings | Should -BeNullOrEmpty
        $json.Header.ParentLocators.Code | Should -Contain 'W2ku'
        $json.ParentUniqueId | Should -Be (Get-VpcImage d.vhd).UniqueId
    }

    It 'stops after the first for Select-Object -First 1' {
        'no image' | Set-Content g.vhd
        $seen = Get-ChildItem *.vhd | Get-VpcImage -ErrorVariable problem -ErrorAction SilentlyContinue | Select-Object -First 1
        $seen.Path | Should -BeLike '*d.vhd'
        $problem | Should -BeNullOrEmpty -Because 'the file behind the first two was not read'
    }

    It 'goes by the size rule that it is told' {
        $exact = Get-VpcImage d.vhd -SizeRule CurrentSize
        $chs = Get-VpcImage d.vhd -SizeRule Chs
        $exact.Size | Should -Be 1GB
        $chs.Size | Should -Be $exact.ChsSize
        $chs.Size | Should -BeLessThan 1GB
    }

    It 'describes a damaged image only with -Force' {
        Edit-Byte d.vhd 612
        { Get-VpcImage d.vhd -ErrorAction Stop } | Should -Throw -ErrorId 'HeaderChecksumMismatch,*'
        (Get-VpcImage d.vhd -Force -WarningVariable warnings -WarningAction SilentlyContinue).Size | Should -Be 1GB
        $warnings | Should -Not -BeNullOrEmpty
    }

    It 'refuses what is not a file: <_>' -ForEach 'Env:PATH', '.' {
        Get-VpcImage $_ -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem | Should -HaveCount 1
    }

    It 'warns of a footer whose checksum is wrong' {
        Edit-Byte d.vhd -100
        $result = Invoke-Recorded 'Get-VpcImage d.vhd'
        $result.Output | Should -HaveCount 1
        $result.Errors | Should -BeNullOrEmpty
        $result.Warnings | Should -HaveCount 1
        $result.Warnings[0] | Should -BeLike '*checksum of the footer is not valid*'
    }

    It 'describes an image with two wrong footers with -Force only' {
        -100, 400 | ForEach-Object { Edit-Byte d.vhd $_ }
        { Get-VpcImage d.vhd -ErrorAction Stop } | Should -Throw -ErrorId 'FooterChecksumMismatch,*'
        (Get-VpcImage d.vhd -Force -WarningAction SilentlyContinue).Size | Should -Be 1GB
    }

    It 'describes a raw disk by name' {
        [IO.File]::WriteAllBytes("$PWD/odd.img", [byte[]]::new(1000))
        { Get-VpcImage odd.img -ErrorAction Stop } | Should -Throw -ErrorId 'NotVhd,*'
        $disk = Get-VpcImage odd.img -SourceFormat Raw
        $disk.Size, $disk.FileSize, $disk.SectorCount, $disk.MinimumSize, $disk.LogicalSectorSize | Should -Be @(1000, 1000, 2, 1000, 512)
        $disk.VhdType, $disk.VhdFormat, $disk.UniqueId, $disk.BlockSize, $disk.Footer | Should -Be @($null, $null, $null, $null, $null)
        # An image read as a raw disk is what its file is.
        (Get-VpcImage d.vhd -SourceFormat Raw).Size | Should -Be (Get-Item d.vhd).Length
        $disk | Out-Shown | Should -Match '(?m)^Raw +1000 B '
        $disk | Format-List | Out-Shown | Should -Match '(?m)^VhdType +: Raw'
    }

    It 'has the least size that the partitions allow' {
        $null = Enter-Folder
        Write-GptDisk gpt.img
        Write-MbrDisk mbr.img
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw
        Convert-VpcImage mbr.img mbr.vhd -SourceFormat Raw -VhdType Fixed
        Convert-VpcImage gpt.img gpt.vhdx -SourceFormat Raw
        Convert-VpcImage mbr.img mbr.vhdx -SourceFormat Raw -VhdType Fixed
        $null = New-VpcImage child.vhdx -ParentPath gpt.vhdx
        $null = New-VpcImage empty.vhdx -Size 64MB
        (Get-VpcImage gpt.vhd, mbr.vhd).MinimumSize | Should -Be @(34MB, 33MB)
        (Get-VpcImage gpt.vhdx, mbr.vhdx, child.vhdx, empty.vhdx).MinimumSize | Should -Be @(34MB, 33MB, 64MB, 0)
        (Get-VpcImage gpt.img, mbr.img -SourceFormat Raw).MinimumSize | Should -Be @(34MB, 33MB)
        (Resize-VpcImage gpt.vhd -ToMinimumSize -PassThru).MinimumSize | Should -Be 34MB
        Pop-Location
    }
}
