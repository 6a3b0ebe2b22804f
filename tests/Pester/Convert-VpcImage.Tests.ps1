BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Convert-VpcImage' {
    BeforeEach {
        $folder = Enter-Folder
        $hash = Write-RawDisk disk.img
    }
    AfterEach {
        Get-ChildItem *.vhd | Test-VpcImage -Full | Where-Object { -not $_.IsValid -or $_.Warnings } | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'keeps every byte from raw to <_> and back' -ForEach 'Dynamic', 'Fixed' {
        Convert-VpcImage disk.img d.vhd -SourceFormat Raw -VhdType $_
        (Get-VpcImage d.vhd).VhdType | Should -Be $_
        (Get-VpcImage d.vhd).Size | Should -Be 6MB
        Convert-VpcImage d.vhd back.raw
        (Get-FileHash back.raw).Hash | Should -Be $hash
    }

    It 'puts the disk itself at the start of a fixed image' {
        Convert-VpcImage disk.img d.vhd -SourceFormat Raw -VhdType Fixed
        $stream = [IO.MemoryStream]::new((Read-File d.vhd 0 6MB))
        (Get-FileHash -InputStream $stream).Hash | Should -Be $hash
    }

    It 'leaves zeros out of a dynamic image' {
        Convert-VpcImage disk.img d.vhd -SourceFormat Raw -VhdType Dynamic -BlockSize 512KB
        (Get-VpcBlock d.vhd -Allocated).Block | Should -Be @(0, 6, 11)
    }

    It 'makes one image of a chain' {
        Convert-VpcImage disk.img base.vhd -SourceFormat Raw -VhdType Dynamic
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        Write-VpcSector child.vhd 1 (Get-Pattern 512 100)
        Convert-VpcImage child.vhd alone.vhd -Verify
        (Get-VpcImage alone.vhd).VhdType | Should -Be 'Dynamic'
        Get-DiskHash alone.vhd | Should -Be (Get-DiskHash child.vhd)
        Get-DiskHash alone.vhd | Should -Not -Be $hash
    }

    It 'makes what Azure takes' {
        Convert-VpcImage disk.img azure.vhd -SourceFormat Raw -For Azure -Verify
        $image = Get-VpcImage azure.vhd
        $image.Size | Should -Be 20MB
        $image.FileSize | Should -Be (20MB + 512)
        Test-VpcImage azure.vhd -For Azure -Quiet | Should -BeTrue
        (Get-FileHash -InputStream ([IO.MemoryStream]::new((Read-File azure.vhd 0 6MB)))).Hash | Should -Be $hash
    }

    It 'turns raw into fixed and back in place' {
        Convert-VpcImage disk.img -SourceFormat Raw -InPlace
        (Get-VpcImage disk.img).VhdType | Should -Be 'Fixed'
        (Get-Item disk.img).Length | Should -Be (6MB + 512)
        Convert-VpcImage disk.img -InPlace
        (Get-FileHash disk.img).Hash | Should -Be $hash
    }

    It 'emits what was made only with -PassThru' {
        Convert-VpcImage disk.img a.vhd -SourceFormat Raw | Should -BeNullOrEmpty
        (Convert-VpcImage a.vhd b.vhd -VhdType Fixed -PassThru).Path | Should -Be (Join-Path $folder b.vhd)
        Convert-VpcImage a.vhd a.raw -PassThru | Should -BeOfType ([IO.FileInfo])
    }

    It 'converts a folder into another by pipeline' {
        $null = New-Item -ItemType Directory new
        'a', 'b' | ForEach-Object { Convert-VpcImage disk.img "$_.vhd" -SourceFormat Raw }
        Get-ChildItem *.vhd | Convert-VpcImage -DestinationPath new -VhdType Fixed
        (Get-ChildItem new/*.vhd | Get-VpcHash).Hash | Should -Be @($hash, $hash)
        (Get-ChildItem *.vhd | Get-VpcImage).VhdType | Should -Be @('Dynamic', 'Dynamic')
    }

    It 'takes rows of a CSV file' {
        Convert-VpcImage disk.img a.vhd -SourceFormat Raw
        'LiteralPath,DestinationPath', 'a.vhd,b.vhd', 'a.vhd,c.raw' | Set-Content jobs.csv
        Import-Csv jobs.csv | Convert-VpcImage
        (Get-VpcHash b.vhd).Hash | Should -Be $hash
        (Get-FileHash c.raw).Hash | Should -Be $hash
    }

    It 'takes outputs of other cmdlets for sources, and never their type for what is wanted' {
        Convert-VpcImage disk.img fixed.vhd -SourceFormat Raw -VhdType Fixed
        Get-VpcImage fixed.vhd | Convert-VpcImage -DestinationPath copy.vhd
        (Get-VpcImage copy.vhd).VhdType | Should -Be 'Fixed'
        Get-VpcHash fixed.vhd | Convert-VpcImage -DestinationPath copy.raw
        (Get-FileHash copy.raw).Hash | Should -Be $hash
    }

    It 'never lets two sources take one target' {
        'a', 'b' | ForEach-Object { Convert-VpcImage disk.img "$_.vhd" -SourceFormat Raw }
        $made = Get-ChildItem *.vhd | Convert-VpcImage -DestinationPath c.vhd -Force -PassThru -ErrorVariable problem -ErrorAction SilentlyContinue
        $made | Should -HaveCount 1
        $problem | Should -HaveCount 1
    }

    It 'never overwrites without -Force' {
        Convert-VpcImage disk.img a.vhd -SourceFormat Raw
        $before = Get-FolderState
        Convert-VpcImage a.vhd disk.img -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TargetExists,*'
        Convert-VpcImage a.vhd a.vhd -Force -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'SameFile,*'
        Get-FolderState | Should -Be $before
    }

    It 'deletes the source only with -DeleteSource' {
        Convert-VpcImage disk.img a.vhd -SourceFormat Raw
        Convert-VpcImage a.vhd b.vhd
        Test-Path a.vhd | Should -BeTrue
        Convert-VpcImage a.vhd c.vhd -DeleteSource
        Test-Path a.vhd | Should -BeFalse
        (Get-VpcHash c.vhd).Hash | Should -Be $hash
    }

    It 'changes nothing with -WhatIf: <_>' -ForEach '-DestinationPath new.vhd -DeleteSource', '-InPlace', '-DestinationPath new.vhd -For Azure' {
        $before = Get-FolderState
        . ([scriptblock]::Create("Convert-VpcImage disk.img -SourceFormat Raw -WhatIf $_"))
        Get-FolderState | Should -Be $before
    }

    It 'never guesses: a raw disk is no image' {
        { Convert-VpcImage disk.img x.vhd -ErrorAction Stop } | Should -Throw
        Test-Path x.vhd | Should -BeFalse
    }
}
