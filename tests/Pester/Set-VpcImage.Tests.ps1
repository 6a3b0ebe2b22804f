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
}
