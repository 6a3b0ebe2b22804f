BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Set-VpcImage' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-VpcImage d.vhd -Size 10MB
        Write-VpcSector d.vhd 5 (Get-Pattern 512)
        $disk = Get-DiskHash d.vhd
    }
    AfterEach {
        Get-ChildItem *.vhd | Test-VpcImage | Where-Object { -not $_.IsValid -or $_.Warnings } | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'changes <Name> in footer and copy, and nothing of the disk' -ForEach @(
        @{ Name = 'UniqueId'; Value = [guid]'11111111-2222-3333-4444-555555555555' }
        @{ Name = 'CreatorApplication'; Value = 'vpc2' }
        @{ Name = 'SavedState'; Value = $true }
        @{ Name = 'TimeStamp'; Value = [datetime]::new(2020, 1, 2, 3, 4, 5, [DateTimeKind]::Utc) }
    ) {
        $change = @{ $Name = $Value }
        Set-VpcImage d.vhd @change | Should -BeNullOrEmpty
        (Get-VpcFooter d.vhd).$Name | Should -Be $Value
        (Get-VpcFooter d.vhd -Copy).$Name | Should -Be $Value
        (Get-VpcHash d.vhd).Hash | Should -Be $disk
    }

    It 'links a child to its moved parent' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $null = New-Item -ItemType Directory golden
        Move-Item d.vhd golden
        (Get-VpcChain child.vhd).State | Should -Contain 'Missing' -Because 'the parent was moved'
        $image = Set-VpcImage child.vhd -ParentPath golden/d.vhd -PassThru
        $image.ParentPath | Should -BeLike '*golden*d.vhd'
        (Get-VpcChain child.vhd).State | Should -Be @('Ok', 'Ok')
        Get-DiskHash child.vhd | Should -Be $disk
    }

    It 'takes no other image for the parent, unless told to' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $other = New-VpcImage other.vhd -Size 10MB
        $before = Get-FolderState
        Set-VpcImage child.vhd -ParentPath other.vhd -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ParentIdMismatch,*'
        Get-FolderState | Should -Be $before
        Set-VpcImage child.vhd -ParentPath other.vhd -IgnoreIdMismatch
        (Get-VpcImage child.vhd).ParentUniqueId | Should -Be $other.UniqueId
    }

    It 'links a child to a raw disk, unless it stores the id of an image' {
        [IO.File]::WriteAllBytes("$PWD/base.img", [byte[]](, 5 * 1MB))
        $null = New-VpcImage raw.vhd -ParentPath base.img -RawParent
        $null = New-Item -ItemType Directory golden
        Move-Item base.img golden
        Set-VpcImage raw.vhd -ParentPath golden/base.img -RawParent
        (Get-VpcImage raw.vhd).ParentUniqueId | Should -Be ([guid]::Empty)
        (Read-VpcSector raw.vhd 7 -RawParent -Raw)[0] | Should -Be 5
        Test-VpcImage raw.vhd -Full -RawParent -Quiet | Should -BeTrue
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $before = Get-FolderState
        { Set-VpcImage child.vhd -ParentPath golden/base.img -RawParent -ErrorAction Stop } | Should -Throw -ErrorId 'ParentIdMismatch,*'
        { Set-VpcImage raw.vhd -ParentPath raw.vhd -RawParent -ErrorAction Stop } | Should -Throw -ErrorId 'ChainCycle,*'
        Get-FolderState | Should -Be $before
        Set-VpcImage child.vhd -ParentPath golden/base.img -RawParent -IgnoreIdMismatch
        (Read-VpcSector child.vhd 7 -RawParent -Raw)[0] | Should -Be 5
        Test-VpcImage child.vhd -Full -RawParent -Quiet | Should -BeTrue
        Remove-Item child.vhd, raw.vhd
    }

    It 'keeps the identity that a child names' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $before = Get-FolderState
        { Set-VpcImage d.vhd -UniqueId (New-Guid) -ErrorAction Stop } | Should -Throw -ErrorId 'HasChildren,*'
        Get-FolderState | Should -Be $before
    }

    It 'wants something to change' {
        { Set-VpcImage d.vhd -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'changes every image of a pipeline' {
        $null = New-VpcImage e.vhd -Size 1MB
        Get-ChildItem *.vhd | Set-VpcImage -CreatorApplication test
        (Get-ChildItem *.vhd | Get-VpcImage).CreatorApplication | Should -Be @('test', 'test')
    }

    It 'changes nothing with -WhatIf' {
        $before = Get-FolderState
        Set-VpcImage d.vhd -UniqueId (New-Guid) -WhatIf
        Get-FolderState | Should -Be $before
    }

    It 'emits the image with all that has changed' {
        $change = @{
            UniqueId = '99999999-2222-3333-4444-555555555555'
            CreatorApplication = 'abc'
            SavedState = $true
            TimeStamp = '2020-02-03T04:05:06Z'
        }
        $image = Set-VpcImage d.vhd @change -PassThru
        $image.UniqueId | Should -Be '99999999-2222-3333-4444-555555555555'
        $image.CreatorApplication | Should -Be 'abc'
        $image.SavedState | Should -BeTrue
        $image.TimeStamp | Should -Be ([datetime]::new(2020, 2, 3, 4, 5, 6, [DateTimeKind]::Utc))
        Get-VpcImage d.vhd | Set-VpcImage -SavedState $false | Should -BeNullOrEmpty
        Test-VpcChecksum d.vhd -Quiet | Should -BeTrue
    }

    It 'stores the creator <Given> as <Stored>' -ForEach @(
        @{ Given = 'win'; Stored = 'win ' }
        @{ Given = 'win '; Stored = 'win ' }
        @{ Given = 'd2v'; Stored = 'd2v ' }
        @{ Given = 'tap'; Stored = "tap`0" }
        @{ Given = 'abc'; Stored = "abc`0" }
    ) {
        Set-VpcImage d.vhd -CreatorApplication $Given
        [Text.Encoding]::Latin1.GetString((Read-File d.vhd 28 4)) | Should -BeExactly $Stored
        Test-VpcChecksum d.vhd -Quiet | Should -BeTrue
    }

    It 'gives copies identities of their own' {
        Copy-Item d.vhd copy.vhd
        $old = (Get-VpcImage d.vhd).UniqueId
        $ids = ('d.vhd', 'copy.vhd' | Set-VpcImage -ResetDiskIdentifier -PassThru).UniqueId
        @($ids | Sort-Object -Unique | Where-Object { $_ -notin $old, [guid]::Empty }) | Should -HaveCount 2
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        { Set-VpcImage d.vhd -ResetDiskIdentifier -ErrorAction Stop } | Should -Throw -ErrorId 'HasChildren,*'
    }

    It 'changes the id of a parent with -Force' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $id = New-Guid
        (Set-VpcImage d.vhd -UniqueId $id -Force -PassThru).UniqueId | Should -Be $id
        Remove-Item child.vhd
    }

    It 'says what cannot be, and changes nothing: <Call>' -ForEach @(
        @{ Call = 'Set-VpcImage d.vhd'; Id = 'InvalidArgument' }
        @{ Call = 'Set-VpcImage d.vhd -ResetDiskIdentifier -UniqueId (New-Guid)'; Id = 'InvalidArgument' }
        @{ Call = 'Set-VpcImage d.vhd -UniqueId ([guid]::Empty)'; Id = 'InvalidArgument' }
        @{ Call = 'Set-VpcImage d.vhd -CreatorApplication "too long"'; Id = 'InvalidArgument' }
        @{ Call = 'Set-VpcImage d.vhd -ParentPath base.vhd'; Id = 'WrongType' }
        @{ Call = 'Set-VpcImage base.vhd -UniqueId (New-Guid)'; Id = 'HasChildren' }
        @{ Call = 'Set-VpcImage child.vhd -ParentPath none.vhd'; Id = 'ParentNotFound' }
    ) {
        $null = New-VpcImage base.vhd -Size 3MB
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        $before = Get-FolderState
        $result = Invoke-Recorded $Call
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        Get-FolderState | Should -Be $before
    }

    It 'links a child to a parent whose name has a blank' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $null = New-Item -ItemType Directory store
        Move-Item d.vhd 'store/base two.vhd'
        { Read-VpcSector child.vhd 0 -ErrorAction Stop } | Should -Throw
        Set-VpcImage child.vhd -ParentPath 'store/base two.vhd'
        (Read-VpcSector child.vhd 5).Data | Should -Be (Get-Pattern 512)
    }
}
