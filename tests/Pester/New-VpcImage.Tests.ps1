BeforeAll {
    Set-StrictMode -Version 3.0
    Import-Module (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1') -Force
}

Describe 'New-VpcImage' {
    BeforeEach {
        $folder = New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))
        Push-Location $folder
    }
    AfterEach { Pop-Location }

    It 'makes a dynamic image of exactly the size asked for' {
        $image = New-VpcImage -Path d.vhd -Size 20GB
        $image.VhdType | Should -Be 'Dynamic'
        $image.Size | Should -Be 20GB
        $image.BlockSize | Should -Be 2MB
        $image.CreatorApplication | Should -Be 'win '
    }

    It 'takes rows of a CSV file, with sizes as people write them' {
        'Path,Size,VhdType', 'one.vhd,20GB,Dynamic', 'two.vhd,3MB,Fixed' | Set-Content disks.csv
        $images = Import-Csv disks.csv | New-VpcImage
        $images.Size | Should -Be @(20GB, 3MB)
        $images.VhdType | Should -Be @('Dynamic', 'Fixed')
    }

    It 'takes names from the pipeline' {
        1..3 | ForEach-Object { "disk$_.vhd" } | New-VpcImage -Size 1MB | Should -HaveCount 3
        Get-ChildItem *.vhd | Should -HaveCount 3
    }

    It 'never overwrites without -Force' {
        $null = New-VpcImage d.vhd -Size 1GB
        $before = (Get-FileHash d.vhd).Hash
        New-VpcImage d.vhd -Size 2GB -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TargetExists,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ResourceExists'
        (Get-FileHash d.vhd).Hash | Should -Be $before
        (New-VpcImage d.vhd -Size 2GB -Force).Size | Should -Be 2GB
    }

    It 'makes equal files for equal -UniqueId and -TimeStamp' {
        $same = @{ Size = 1GB; UniqueId = '11111111-2222-3333-4444-555555555555'; TimeStamp = '2020-01-01Z' }
        $null = New-VpcImage a.vhd @same
        $null = New-VpcImage b.vhd @same
        (Get-FileHash a.vhd).Hash | Should -Be (Get-FileHash b.vhd).Hash
    }

    It 'rounds up to cylinders with -Geometry Chs' {
        $image = New-VpcImage d.vhd -Size 20MB -Geometry Chs
        $image.Size | Should -Be 20994048
        $image.CurrentSize | Should -Be $image.ChsSize
        $image.CreatorApplication | Should -Be 'vpc '
    }

    It 'refuses a size of <_>' -ForEach 0, -1, 3TB {
        { New-VpcImage d.vhd -Size $_ -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        Test-Path d.vhd | Should -BeFalse
    }

    It 'writes nothing with -WhatIf' {
        New-VpcImage d.vhd -Size 1GB -WhatIf | Should -BeNullOrEmpty
        Test-Path d.vhd | Should -BeFalse
    }

    It 'takes <_> as a name' -ForEach 'br[ack]et.vhd', 'sp ace.vhd', "Ünïcödé-图.vhd" {
        (New-VpcImage -Path $_ -Size 1MB).Path | Should -Be (Join-Path $folder $_)
        Test-Path -LiteralPath $_ | Should -BeTrue
    }

    It 'says that the folder is missing' {
        New-VpcImage (Join-Path missing d.vhd) -Size 1MB -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }
}
