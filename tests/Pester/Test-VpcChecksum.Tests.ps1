BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Test-VpcChecksum' {
    BeforeEach {
        $null = Enter-Folder
        $null = 'a.vhd', 'b.vhd' | New-VpcImage -Size 10MB
        $null = New-VpcImage fixed.vhd -Size 1MB -VhdType Fixed
    }
    AfterEach { Pop-Location }

    It 'checks footer, copy and header of every image in a folder' {
        $results = Get-ChildItem *.vhd | Test-VpcChecksum
        $results.IsValid | Should -Be @($true, $true, $true)
        $results[0].Footer.Stored | Should -Be $results[0].FooterCopy.Stored
        $results[2].Header | Should -BeNullOrEmpty
    }

    It 'reports a wrong checksum as a result' {
        Edit-Byte a.vhd -100
        $result = Test-VpcChecksum a.vhd -ErrorAction Stop
        $result.IsValid | Should -BeFalse
        $result.Footer.IsValid | Should -BeFalse
        $result.FooterCopy.IsValid | Should -BeTrue
        Test-VpcChecksum a.vhd -Quiet | Should -BeFalse
    }

    It 'reports a wrong checksum of the <Name> alone' -ForEach @{ Name = 'FooterCopy'; Offset = 100 }, @{ Name = 'Header'; Offset = 612 } {
        Edit-Byte a.vhd $Offset
        $result = Test-VpcChecksum a.vhd
        'Footer', 'FooterCopy', 'Header' | Where-Object { -not $result.$_.IsValid } | Should -Be $Name
    }

    It 'goes on behind a file that is no image' {
        'no image' | Set-Content c.vhd
        $results = Get-ChildItem *.vhd | Test-VpcChecksum -ErrorVariable problem -ErrorAction SilentlyContinue
        $results | Should -HaveCount 3
        $problem | Should -HaveCount 1
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidData'
    }

    It 'stops after the first for Select-Object -First 1, and the script goes on' {
        $after = $false
        Get-ChildItem *.vhd | Test-VpcChecksum | Select-Object -First 1 | Should -HaveCount 1
        $after = $true
        $after | Should -BeTrue
    }

    It 'takes strings and files in one pipeline' {
        'a.vhd', (Get-Item b.vhd) | Test-VpcChecksum -Quiet | Should -Be @($true, $true)
    }

    It 'shows each checksum and what is wrong within <_> columns' -ForEach 80, 120 {
        Edit-Byte a.vhd -100
        $shown = Test-VpcChecksum a.vhd, fixed.vhd | Out-Shown $_
        $shown | Should -Match 'False +0x[0-9A-F]{8} WRONG +0x[0-9A-F]{8} ok +0x[0-9A-F]{8} ok +a\.vhd'
        $shown | Should -Match 'True +0x[0-9A-F]{8} ok +- +- +fixed\.vhd'
    }

    It 'takes images as users name them: <Call>' -ForEach @(
        @{ Call = 'Test-VpcChecksum *.vhd'; Count = 4 }
        @{ Call = 'Test-VpcChecksum a.vhd, fixed.vhd'; Count = 2 }
        @{ Call = 'Test-VpcChecksum -LiteralPath "c[1].vhd"'; Count = 1 }
        @{ Call = '"a.vhd", (Get-Item fixed.vhd) | Test-VpcChecksum'; Count = 2 }
        @{ Call = 'Get-VpcImage *.vhd | Test-VpcChecksum'; Count = 4 }
        @{ Call = 'Get-VpcImage *.vhd | Get-VpcFooter | Get-VpcImage'; Count = 4 }
        @{ Call = 'Get-VpcImage ./a.vhd'; Count = 1 }
        @{ Call = 'Get-VpcImage *.nothing'; Count = 0 }
    ) {
        $null = New-VpcImage 'c[1].vhd' -Size 10MB
        @(. ([scriptblock]::Create($Call))) | Should -HaveCount $Count
    }
}
