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
}
