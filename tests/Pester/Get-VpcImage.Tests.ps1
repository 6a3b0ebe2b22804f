BeforeAll {
    Set-StrictMode -Version 3.0
    Import-Module (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1') -Force
}

Describe 'Get-VpcImage' {
    BeforeEach {
        $folder = New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))
        Push-Location $folder
        $null = New-VpcImage d.vhd -Size 1GB
        $null = New-VpcImage f.vhd -Size 5MB -VhdType Fixed
    }
    AfterEach { Pop-Location }

    It 'describes every image of a folder' {
        $images = Get-ChildItem *.vhd | Get-VpcImage
        $images.VhdType | Should -Be @('Dynamic', 'Fixed')
        $images[0].BlockCount | Should -Be 512
        $images[0].AllocatedBlockCount | Should -Be 0
        $images[1].Header | Should -BeNullOrEmpty
    }

    It 'takes wildcards, and names with brackets by -LiteralPath' {
        $null = New-VpcImage 'x[1].vhd' -Size 1MB
        Get-VpcImage *.vhd | Should -HaveCount 3
        (Get-VpcImage -LiteralPath 'x[1].vhd').Size | Should -Be 1MB
    }

    It 'fits into 80 columns' {
        $lines = (Get-VpcImage *.vhd | Out-String -Width 80) -split '\r?\n'
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 80 }
        $lines -match '\d GiB' | Should -Not -BeNullOrEmpty
    }

    It 'counts what was written' {
        Write-VpcSector d.vhd 0 ([byte[]](, 1 * 512))
        (Get-VpcImage d.vhd).AllocatedBlockCount | Should -Be 1
    }

    It 'refuses what is not a file: <_>' -ForEach 'Env:PATH', '.' {
        Get-VpcImage $_ -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem | Should -HaveCount 1
    }
}
