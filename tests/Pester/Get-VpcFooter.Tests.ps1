BeforeAll {
    Set-StrictMode -Version 3.0
    Import-Module (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1') -Force
}

Describe 'Get-VpcFooter' {
    BeforeEach {
        $folder = New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))
        Push-Location $folder
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
    }

    It 'gives the bytes with -Raw' {
        $raw = Get-VpcFooter d.vhd -Raw
        $raw.Length | Should -Be 512
        [Text.Encoding]::ASCII.GetString($raw, 0, 8) | Should -Be 'conectix'
    }

    It 'survives ConvertTo-Json and Export-Clixml' {
        (Get-VpcFooter d.vhd | ConvertTo-Json | ConvertFrom-Json).CurrentSize | Should -Be 1GB
        Get-VpcFooter d.vhd | Export-Clixml footer.xml
        (Import-Clixml footer.xml).UniqueId | Should -Be '11111111-2222-3333-4444-555555555555'
    }
}
