BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'New-VpcImage' {
    BeforeEach { $folder = Enter-Folder }
    AfterEach { Pop-Location }

    It 'makes a dynamic image of exactly the size asked for' {
        $image = New-VpcImage -Path d.vhd -Size 20GB
        $image.VhdType | Should -Be 'Dynamic'
        $image.Size | Should -Be 20GB
        $image.BlockSize | Should -Be 2MB
        $image.CreatorApplication | Should -Be 'win '
    }

    It 'makes a fixed image: zeros and a footer' {
        $null = New-VpcImage f.vhd 3MB -VhdType Fixed
        $bytes = [IO.File]::ReadAllBytes((Join-Path $folder f.vhd))
        $bytes.Length | Should -Be (3MB + 512)
        [Text.Encoding]::ASCII.GetString($bytes, 3MB, 8) | Should -Be 'conectix'
        [Linq.Enumerable]::Max([byte[]]$bytes[0..65535]) | Should -Be 0
    }

    It 'makes children of a parent' {
        $parent = New-VpcImage base.vhd -Size 10MB
        $children = 'a.vhd', 'b.vhd' | New-VpcImage -ParentPath base.vhd
        $children.VhdType | Should -Be @('Differencing', 'Differencing')
        $children.Size | Should -Be @(10MB, 10MB)
        $children.ParentUniqueId | Should -Be @($parent.UniqueId, $parent.UniqueId)
    }

    It 'takes rows of a CSV file, with sizes as people write them' {
        'Path,Size,VhdType', 'one.vhd,20GB,Dynamic', 'two.vhd,3MB,Fixed' | Set-Content disks.csv
        $images = Import-Csv disks.csv | New-VpcImage
        $images.Size | Should -Be @(20GB, 3MB)
        $images.VhdType | Should -Be @('Dynamic', 'Fixed')
    }

    It 'takes names from the pipeline, as many as are asked for' {
        1..3 | ForEach-Object { "disk$_.vhd" } | New-VpcImage -Size 1MB | Should -HaveCount 3
        1..9 | ForEach-Object { "more$_.vhd" } | New-VpcImage -Size 1MB | Select-Object -First 2 | Should -HaveCount 2
        (Get-ChildItem *.vhd).Name | Should -Be @('disk1.vhd', 'disk2.vhd', 'disk3.vhd', 'more1.vhd', 'more2.vhd')
    }

    It 'never overwrites without -Force' {
        $null = New-VpcImage d.vhd -Size 1GB
        $before = Get-FolderState
        New-VpcImage d.vhd -Size 2GB -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TargetExists,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ResourceExists'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Force*'
        Get-FolderState | Should -Be $before
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

    It 'takes a size or a parent, not both' {
        { New-VpcImage d.vhd -Size 1MB -ParentPath base.vhd } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
        { New-VpcImage d.vhd -ParentPath base.vhd -VhdType Fixed } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }

    It 'writes nothing with -WhatIf' {
        New-VpcImage d.vhd -Size 1GB -WhatIf | Should -BeNullOrEmpty
        Get-ChildItem -Force | Should -BeNullOrEmpty
    }

    It 'says that the folder is missing' {
        New-VpcImage (Join-Path missing d.vhd) -Size 1MB -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }
}
