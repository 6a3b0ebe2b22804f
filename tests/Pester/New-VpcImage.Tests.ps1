BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'New-VpcImage' {
    BeforeEach { $folder = Enter-Folder }
    AfterEach { Pop-Location }

    It 'names a creator, but none by which readers would see another size' {
        (New-VpcImage d.vhd 20MB -CreatorApplication tap | Get-VpcFooter).CreatorApplication | Should -Be "tap$([char]0)"
        (New-VpcImage q.vhd 20MB -CreatorApplication qemu -Geometry Chs | Get-VpcImage).Size | Should -BeGreaterOrEqual 20MB
        $null = New-VpcImage no.vhd 20000001 -CreatorApplication qemu -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        $null = New-VpcImage no.vhdx 20MB -CreatorApplication tap -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        Test-Path no.vhd, no.vhdx | Should -Be @($false, $false)
        (Test-VpcImage d.vhd, q.vhd).IsValid | Should -Be @($true, $true)
    }

    It 'makes a disk of a geometry' {
        $image = New-VpcImage dos.vhd -DiskGeometry 306/4/17 -CreatorApplication vpc
        $image.Size | Should -Be (306 * 4 * 17 * 512)
        "$($image.Geometry)" | Should -Be '306/4/17'
        $larger = New-VpcImage larger.vhd 20MB -Fixed -DiskGeometry (Get-VpcFooter dos.vhd).DiskGeometry
        "$($larger.Geometry)", $larger.Size | Should -Be @('306/4/17', 20MB)
        'Path,DiskGeometry', 'row.vhd,615/4/17' | Set-Content disks.csv
        (Import-Csv disks.csv | New-VpcImage).Size | Should -Be (615 * 4 * 17 * 512)
        (Test-VpcImage dos.vhd, larger.vhd -Full).IsValid | Should -Be @($true, $true)
        { New-VpcImage no.vhd 2MB -DiskGeometry 306/4/17 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        { New-VpcImage no.vhdx -DiskGeometry 306/4/17 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        { New-VpcImage no.vhd -DiskGeometry 306x4x17 } | Should -Throw '*cylinders/heads/sectors*'
        Test-Path no.vhd* | Should -BeFalse
    }

    It 'makes a disk that grows to its maximum size without moving a block' {
        $image = New-VpcImage grows.vhd 1GB -MaximumSize '2040 GiB' -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -BeLike '*1044480 entries for 512 blocks*Azure*'
        $image.Header.MaxTableEntries | Should -Be (2040GB / 2MB)
        Write-VpcSector grows.vhd 0 ([byte[]](, 7 * 512))
        (Resize-VpcImage grows.vhd 500GB -WhatIf).MovedBlocks | Should -Be 0
        Resize-VpcImage grows.vhd 500GB
        Resize-VpcImage grows.vhd 2040GB
        (Read-VpcSector grows.vhd 0 -Raw)[0] | Should -Be 7
        (Test-VpcImage grows.vhd -Full -For HyperV).IsValid | Should -BeTrue
        (Test-VpcImage grows.vhd -Full).Findings.Code | Should -Be 'OriginalSizeDiffers'
        { New-VpcImage no.vhd 1GB -MaximumSize 1MB -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        { New-VpcImage no.vhd 1GB -Fixed -MaximumSize 2GB -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        Test-Path no.vhd | Should -BeFalse
    }

    It 'makes children of a raw disk' {
        [IO.File]::WriteAllBytes("$PWD/base.img", [byte[]](, 5 * 3MB))
        $before = (Get-FileHash base.img).Hash
        $child = New-VpcImage child.vhd -ParentPath base.img -RawParent
        $child.Size, $child.ParentUniqueId | Should -Be @(3MB, [guid]::Empty)
        Write-VpcSector child.vhd 1 ([byte[]](, 7 * 512))
        Convert-VpcImage child.vhd flat.img -RawParent
        [byte[]]$bytes = [IO.File]::ReadAllBytes("$PWD/flat.img")
        $bytes[0], $bytes[512], $bytes[1023], $bytes[1024], $bytes[-1] | Should -Be @(5, 7, 7, 5, 5)
        Test-VpcImage child.vhd -Full -RawParent -Quiet | Should -BeTrue
        (Get-FileHash base.img).Hash | Should -Be $before
        { New-VpcImage no.vhd -ParentPath base.img -ErrorAction Stop } | Should -Throw -ErrorId 'NotVhd,*'
        { New-VpcImage base.img -ParentPath base.img -RawParent -Force -ErrorAction Stop } | Should -Throw -ErrorId 'SameFile,*'
        (Get-FileHash base.img).Hash | Should -Be $before
        Test-Path no.vhd | Should -BeFalse
    }

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

    It 'makes images with -NoFlush, and only where there is no file' {
        $images = 'd.vhd', 'd.vhdx' | New-VpcImage -Size 10MB -NoFlush
        $images.Size | Should -Be @(10MB, 10MB)
        $children = 'c.vhd', 'c.vhdx' | ForEach-Object { New-VpcImage $_ -ParentPath ($_ -replace '^c', 'd') -NoFlush -Force }
        $children.VhdType | Should -Be @('Differencing', 'Differencing')
        $before = Get-FileHash *.vhd*
        { New-VpcImage d.vhd 10MB -NoFlush -Force -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        { New-VpcImage c.vhdx -ParentPath d.vhdx -NoFlush -Force -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        (Get-FileHash *.vhd*).Hash | Should -Be $before.Hash
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

    It 'takes a type or a parent, not both' {
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

    It 'emits the image, in which a check finds nothing' {
        $image = New-VpcImage -Path d.vhd -Size 20GB
        $image.PSTypeNames[0] | Should -Be 'VhdPS.VpcImage'
        $image.Path | Should -Be (Join-Path $folder d.vhd)
        (Test-VpcImage d.vhd -Full).Findings | Should -BeNullOrEmpty
    }

    It 'takes Hyper-V''s names of sizes, as parameters and as columns' {
        (New-VpcImage d.vhd -SizeBytes 1MB -BlockSizeBytes 512KB).BlockSize | Should -Be 512KB
        $images = [pscustomobject]@{ Path = 'a.vhd'; Size = '20GB'; VhdType = 'Dynamic' },
            [pscustomobject]@{ Path = 'b.vhd'; SizeBytes = 3MB; VhdType = 'Fixed' } | New-VpcImage
        $images.Size | Should -Be @(20GB, 3MB)
        (Get-Item b.vhd).Length | Should -Be (3MB + 512)
    }

    It 'makes equal fixed files too' {
        $same = @{ Size = 3MB; UniqueId = '11111111-2222-3333-4444-555555555555'; TimeStamp = '2020-01-01Z'; VhdType = 'Fixed' }
        $null = 'a.vhd', 'b.vhd' | New-VpcImage @same -Force
        (Get-FileHash a.vhd).Hash | Should -Be (Get-FileHash b.vhd).Hash
    }

    It 'refuses a value that is out of range before a file is made: <_>' -ForEach @(
        '0'
        '-1'
        '2041GB'
        '([long]::MaxValue)'
        '1GB -BlockSize 3MB'
        '1GB -BlockSize 0'
        '1GB -BlockSize 512MB'
        '2040GB -BlockSize 512'
        '1GB -UniqueId ([guid]::Empty)'
    ) {
        $result = Invoke-Recorded "New-VpcImage d.vhd -Size $_"
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -Be 'InvalidArgument,VhdPS.Commands.NewVpcImageCommand'
        Get-ChildItem -Force | Should -BeNullOrEmpty
    }

    It 'leaves no litter where it replaces a file' {
        'mine' | Set-Content d.vhd
        New-VpcImage d.vhd -Size 1MB -ErrorAction SilentlyContinue
        Get-Content d.vhd | Should -Be 'mine'
        (New-VpcImage d.vhd -Size 1MB -Force).Size | Should -Be 1MB
        (Get-ChildItem -Force).Name | Should -Be 'd.vhd'
    }

    It 'makes many children in one pipeline, with the sizes of their parent' {
        $parent = New-VpcImage base.vhd -Size 20MB -BlockSize 512KB -Geometry Chs
        $images = @(1..20 | ForEach-Object { "web$_.vhd" } | New-VpcImage -ParentPath base.vhd) +
            ([pscustomobject]@{ Path = 'row.vhd'; ParentPath = 'base.vhd'; BlockSize = 64KB } | New-VpcImage)
        $images | Should -HaveCount 21
        $images.Size | Sort-Object -Unique | Should -Be $parent.Size
        $images.BlockSize | Select-Object -Unique | Should -Be @(512KB, 64KB)
        $images.ParentPath -notlike '*base.vhd*' | Should -BeNullOrEmpty
    }

    It 'makes no child, and changes nothing: <Call>' -ForEach @(
        @{ Call = 'New-VpcImage c.vhd -ParentPath none.vhd'; Id = 'PathNotFound' }
        @{ Call = 'New-VpcImage c.vhd -ParentPath nameless.vhd'; Id = 'UniqueIdNull' }
        @{ Call = 'New-VpcImage c.vhd -ParentPath hurt.vhd'; Id = 'FooterChecksumMismatch' }
        @{ Call = 'New-VpcImage base.vhd -ParentPath base.vhd'; Id = 'TargetExists' }
        @{ Call = 'New-VpcImage base.vhd -ParentPath base.vhd -Force'; Id = 'SameFile' }
        @{ Call = 'New-VpcImage c.vhd -ParentPath base.vhd -BlockSize 3MB'; Id = 'InvalidArgument' }
    ) {
        [ImageBytes]::Dynamic().PutFooter(68, [byte[]]::new(16)).Save('nameless.vhd')
        [ImageBytes]::Dynamic().PutEndUnsealed(64, @(1, 2, 3, 4)).Save('hurt.vhd')
        [ImageBytes]::Dynamic().WithId('base').Save('base.vhd')
        $before = Get-FolderState
        $result = Invoke-Recorded $Call
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        Get-FolderState | Should -Be $before
    }

    It 'makes a fixed image that takes no room where the file system can' {
        $image = New-VpcImage d.vhd -Size 1GB -VhdType Fixed
        $image.FileSize | Should -Be (1GB + 512)
        if (-not $IsWindows) { $image.SizeOnDisk | Should -BeLessOrEqual 1MB }
    }
}
