BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'the parameters about parents' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-Item -ItemType Directory vms, store
        [IO.File]::WriteAllBytes((Join-Path $folder store/raw.img), [byte[]](, 0xCD * 64KB))
        [ImageBytes]::Fixed().WithId('base').Save('store/base.vhd')
        [ImageBytes]::Fixed().WithId('other').Save('store/other.vhd')
        [ImageBytes]::Child('c', 'base', '../store/base.vhd').Save('vms/child.vhd')
        [ImageBytes]::Child('r', 'x', 'raw.img').PutHeader(40, [byte[]]::new(16)).Save('vms/rawchild.vhd')
    }
    AfterEach { Pop-Location }

    It 'are needed where a child names a file outside of its folder' {
        Read-VpcSector vms/child.vhd 5 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem | Should -HaveCount 1
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        "$($problem[0])" | Should -BeLike "*$(Join-Path $folder store base.vhd)*"
    }

    It 'outside of the folder are linked with one warning that names the way to them' {
        $null = New-VpcImage vms/a.vhd, vms/b.vhd -ParentPath store/base.vhd -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1
        "$warnings" | Should -BeLike "*$(Join-Path $PWD vms a.vhd)*-FollowParentPath*-ParentSearchPath*"
        (Get-VpcChain vms/a.vhd -FollowParentPath).State | Should -Be @('Ok', 'Ok')

        'vms/a.vhd', 'vms/b.vhd' | Set-VpcImage -ParentPath store/base.vhd -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1
        "$warnings" | Should -BeLike "*$(Join-Path $PWD vms a.vhd)*-FollowParentPath*"

        # A VHDX stores its parent's path in another way.
        $null = New-VpcImage store/base.vhdx 64MB
        $null = New-VpcImage vms/c.vhdx -ParentPath store/base.vhdx -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1

        # Beside or beneath the child they are found, and nothing is said.
        $null = New-VpcImage top.vhd -ParentPath store/base.vhd -WarningVariable warnings
        Set-VpcImage top.vhd -ParentPath store/base.vhd -WarningVariable +warnings
        $warnings | Should -HaveCount 0
    }

    It 'that are not followed are no missing ones, and the error names the way to them' {
        (Get-VpcChain vms/child.vhd).State | Should -Be @('Ok', 'NotFollowed')
        $parent = (Get-VpcChain vms)[0]
        $parent.State | Should -Be 'NotFollowed' -Because $parent.Problem
        $parent.Path | Should -Be (Join-Path $PWD vms base.vhd) -Because 'a path out of a file must not reach a command that deletes'
        Read-VpcSector vms/child.vhd 5 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*not followed*-FollowParentPath*'
        (Get-VpcChain vms/child.vhd -ParentSearchPath store).State | Should -Be @('Ok', 'Ok')
        Remove-Item store/base.vhd
        (Get-VpcChain vms/child.vhd).State | Should -Be @('Ok', 'Missing')
        (Get-VpcChain vms/child.vhd -FollowParentPath).State | Should -Be @('Ok', 'Missing')
    }

    It 'find the parent: <_>' -ForEach @(
        '-FollowParentPath'
        '-ParentSearchPath store'
        '-ParentSearchPath vms, store'
        '-ParentPath store/base.vhd'
        '-ParentPath store/other.vhd -IgnoreIdMismatch'
        '-ParentPath ./vms/../store/base.vhd'
    ) {
        $data = . ([scriptblock]::Create("Read-VpcSector vms/child.vhd 5 -Raw $_"))
        $data | Should -HaveCount 512
        $data[0] | Should -Be 5
    }

    It 'take no other image for the parent' {
        { Read-VpcSector vms/child.vhd 5 -ParentPath store/other.vhd -ErrorAction Stop } | Should -Throw -ErrorId 'ParentIdMismatch,*'
    }

    It 'take a raw disk for the parent only when they are told to' {
        { Read-VpcSector vms/rawchild.vhd 5 -ParentSearchPath store -ErrorAction Stop } | Should -Throw -ErrorId 'ParentIdNull,*'
        (Read-VpcSector vms/rawchild.vhd 5 -Raw -RawParent -ParentSearchPath store)[0] | Should -Be 0xCD
    }

    It 'are those of Get-VpcChain too' {
        (Get-VpcChain vms/child.vhd -ParentSearchPath store).State | Should -Be @('Ok', 'Ok')
    }
}
