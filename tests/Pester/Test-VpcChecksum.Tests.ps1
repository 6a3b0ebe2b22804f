BeforeAll {
    Set-StrictMode -Version 3.0
    Import-Module (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1') -Force
}

Describe 'Test-VpcChecksum' {
    BeforeEach {
        $folder = New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))
        Push-Location $folder
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
        $bytes = [IO.File]::ReadAllBytes("$folder/a.vhd")
        $bytes[-100] = 1
        [IO.File]::WriteAllBytes("$folder/a.vhd", $bytes)
        $result = Test-VpcChecksum a.vhd -ErrorAction Stop
        $result.IsValid | Should -BeFalse
        $result.Footer.IsValid | Should -BeFalse
        $result.FooterCopy.IsValid | Should -BeTrue
        Test-VpcChecksum a.vhd -Quiet | Should -BeFalse
    }

    It 'goes on behind a file that is no image' {
        'no image' | Set-Content c.vhd
        $results = Get-ChildItem *.vhd | Test-VpcChecksum -ErrorVariable problem -ErrorAction SilentlyContinue
        $results | Should -HaveCount 3
        $problem | Should -HaveCount 1
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidData'
    }

    It 'stops after the first for Select-Object -First 1' {
        $script:after = $false
        Get-ChildItem *.vhd | Test-VpcChecksum | Select-Object -First 1 | Should -HaveCount 1
        $script:after = $true
        $script:after | Should -BeTrue
    }

    It 'takes strings and files in one pipeline' {
        'a.vhd', (Get-Item b.vhd) | Test-VpcChecksum -Quiet | Should -Be @($true, $true)
    }
}
