BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Get-VpcFooter' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-VpcImage d.vhd -Size 1GB -UniqueId '11111111-2222-3333-4444-555555555555' -TimeStamp '2020-01-02T03:04:05Z'
    }
    AfterEach { Pop-Location }

    It 'decodes every field' {
        $footer = Get-VpcFooter d.vhd
        $footer.Cookie | Should -Be 'conectix'
        $footer.CurrentSize | Should -Be 1GB
        $footer.DiskType | Should -Be 'Dynamic'
        $footer.UniqueId | Should -Be '11111111-2222-3333-4444-555555555555'
        $footer.TimeStamp | Should -Be ([datetime]::new(2020, 1, 2, 3, 4, 5, [DateTimeKind]::Utc))
        $footer.TimeStamp.Kind | Should -Be 'Utc'
        "$($footer.DiskGeometry)" | Should -Be '2080/16/63'
        $footer.IsChecksumValid | Should -BeTrue
        $footer.FileOffset | Should -Be ((Get-Item d.vhd).Length - 512)
    }

    It 'reads the copy at the front' {
        (Get-VpcFooter d.vhd -Copy).FileOffset | Should -Be 0
        $null = New-VpcImage f.vhd -Size 1MB -VhdType Fixed
        { Get-VpcFooter f.vhd -Copy -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'gives the bytes with -Raw' {
        $raw = Get-VpcFooter d.vhd -Raw
        $raw | Should -Be ([IO.File]::ReadAllBytes((Join-Path $folder d.vhd))[-512..-1])
    }

    It 'shows a wrong checksum and warns of it' {
        Edit-Byte d.vhd -100
        $footer = Get-VpcFooter d.vhd -WarningVariable warnings -WarningAction SilentlyContinue
        $footer.IsChecksumValid | Should -BeFalse
        $footer.ComputedChecksum | Should -Not -Be $footer.Checksum
        $warnings | Should -HaveCount 1
        $warnings[0].Message | Should -BeLike '*checksum*'
    }

    It 'shows a list at <_> columns, numbers in hexadecimal where the specification has them so' -ForEach 80, 120 {
        $shown = Get-VpcFooter d.vhd | Out-Shown $_
        $shown | Should -Match '(?m)^CurrentSize +: 1 GiB \(1073741824 bytes\)'
        $shown | Should -Match '(?m)^Checksum +: 0x[0-9A-F]{8}'
        $shown | Should -Match '(?m)^TimeStamp +: 2020-01-02 03:04:05Z'
    }

    It 'survives ConvertTo-Json and Export-Clixml' {
        (Get-VpcFooter d.vhd | ConvertTo-Json | ConvertFrom-Json).CurrentSize | Should -Be 1GB
        Get-VpcFooter d.vhd | Export-Clixml footer.xml
        (Import-Clixml footer.xml).UniqueId | Should -Be '11111111-2222-3333-4444-555555555555'
    }

    It 'gives one footer for each file of a pipeline' {
        $null = New-VpcImage e.vhd -Size 2GB
        (Get-ChildItem *.vhd | Get-VpcFooter).CurrentSize | Should -Be @(1GB, 2GB)
    }

    It 'decodes versions, offset and sizes' {
        $footer = Get-VpcFooter d.vhd
        $footer.FileFormatVersion | Should -Be ([version]'1.0')
        $footer.DataOffset | Should -Be 512
        $footer.OriginalSize | Should -Be 1GB
    }

    It 'shows where the other structures lie, with their bytes as they are in the file' {
        Write-VpcSector d.vhd 4096 (Get-Pattern 1536)
        Write-VpcSector d.vhd 40960 (Get-Pattern 512)
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $bytes = [IO.File]::ReadAllBytes((Join-Path $folder child.vhd))

        $header = Get-VpcFooter child.vhd -Structure Header
        ($header | Get-VpcImage).Path | Should -Be (Join-Path (Get-Location).ProviderPath child.vhd)
        $header.Cookie, $header.FileOffset, $header.ParentUnicodeName | Should -Be @('cxsparse', 512, 'd.vhd')
        $raw = Get-VpcFooter child.vhd -Structure Header -Raw
        $raw | Should -Be $bytes[512..1535]

        $locators = Get-VpcFooter child.vhd -Structure Locator
        ($locators | Where-Object Code -EQ W2ru).Text | Should -BeExactly '.\d.vhd'
        ($locators | Where-Object Code -EQ W2ku).Text | Should -BeLike '*\d.vhd'
        foreach ($locator in $locators) {
            $raw = $bytes[$locator.FileOffset..($locator.FileOffset + $locator.Length - 1)]
            $encoding = $locator.Code -eq 'MacX' ? [Text.Encoding]::UTF8 : [Text.Encoding]::Unicode
            $encoding.GetString($raw) | Should -BeExactly $locator.Text
        }
        $raw = @(Get-VpcFooter child.vhd -Structure Locator -Raw)
        $raw.Count | Should -Be $locators.Count
        $raw[0].Length | Should -Be $locators[0].Length

        $bytes = [IO.File]::ReadAllBytes((Join-Path $folder d.vhd))
        $table = Get-VpcFooter d.vhd -Structure Table
        $table.FileOffset, $table.Length, $table.Text | Should -Be @(1536, 2048, '512 entries, 2 allocated')
        $raw = Get-VpcFooter d.vhd -Structure Table -Raw
        $raw | Should -Be $bytes[1536..3583]

        # A dynamic image marks a block's sectors all at once, a child each that it holds.
        Write-VpcSector child.vhd 4096 (Get-Pattern 1536)
        Write-VpcSector child.vhd 40960 (Get-Pattern 512)
        $bytes = [IO.File]::ReadAllBytes((Join-Path $folder child.vhd))
        $bitmaps = Get-VpcFooter child.vhd -Structure Bitmap
        $bitmaps.Index | Should -Be @(1, 10)
        $bitmaps.Text | Should -Be @('3 of 4096 sectors written', '1 of 4096 sectors written')
        $raw = @(Get-VpcFooter child.vhd -Structure Bitmap -Raw)
        $raw[0] | Should -Be $bytes[$bitmaps[0].FileOffset..($bitmaps[0].FileOffset + 511)]
        $raw[0][0] | Should -Be 0xE0
    }

    It 'warns of a bitmap that has no place, and shows the others' {
        Write-VpcSector d.vhd 0 (Get-Pattern 512)
        Write-VpcSector d.vhd 4096 (Get-Pattern 512)
        Edit-Byte d.vhd 1540
        $bitmaps = Get-VpcFooter d.vhd -Structure Bitmap -WarningVariable warnings -WarningAction SilentlyContinue
        $bitmaps.Index | Should -Be 0
        "$warnings" | Should -BeLike '*Block 1 is not whole*'
    }

    It 'has no other structures of a fixed image, and no copy of them' {
        $null = New-VpcImage f.vhd -Size 5MB -VhdType Fixed
        { Get-VpcFooter f.vhd -Structure Header -ErrorAction Stop } | Should -Throw '*fixed*' -ErrorId 'InvalidArgument,*'
        { Get-VpcFooter d.vhd -Structure Header -Copy -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It "shows Xen's hidden byte" {
        (Get-VpcFooter d.vhd).Hidden | Should -BeFalse
        Edit-Byte d.vhd (-512 + 85)
        (Get-VpcFooter d.vhd -WarningAction SilentlyContinue).Hidden | Should -BeTrue
        Get-VpcFooter d.vhd -WarningAction SilentlyContinue | Out-Shown 80 | Should -Match '(?m)^Hidden +: True'
    }
}
