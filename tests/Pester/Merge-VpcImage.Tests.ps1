BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Merge-VpcImage' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-VpcImage base.vhd -Size 10MB
        Write-VpcSector base.vhd 0 (Get-Pattern 1024)
        $null = New-VpcImage middle.vhd -ParentPath base.vhd
        Write-VpcSector middle.vhd 1 (Get-Pattern 512 50)
        $null = New-VpcImage top.vhd -ParentPath middle.vhd
        Write-VpcSector top.vhd 9000 (Get-Pattern 512 90)
        $disk = Get-DiskHash top.vhd
    }
    AfterEach {
        Get-ChildItem *.vhd | Test-VpcImage -Full | Where-Object { -not $_.IsValid -or $_.Warnings } | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'writes a child into its parent and deletes it' {
        Merge-VpcImage top.vhd | Should -BeNullOrEmpty
        (Get-ChildItem).Name | Should -Be @('base.vhd', 'middle.vhd')
        Get-DiskHash middle.vhd | Should -Be $disk
    }

    It 'merges several levels at once' {
        $image = Merge-VpcImage top.vhd -Depth 2 -PassThru
        $image.Path | Should -Be (Join-Path $folder base.vhd)
        $image.VhdType | Should -Be 'Dynamic'
        (Get-ChildItem).Name | Should -Be 'base.vhd'
        Get-DiskHash base.vhd | Should -Be $disk
    }

    It 'merges into a new file and leaves all others alone' {
        $before = Get-FolderState
        Merge-VpcImage top.vhd -Depth 2 -DestinationPath alone.vhd
        Get-DiskHash alone.vhd | Should -Be $disk
        Remove-Item alone.vhd
        Get-FolderState | Should -Be $before
    }

    It 'keeps the child with -KeepChild' {
        Merge-VpcImage top.vhd -KeepChild
        Get-DiskHash top.vhd | Should -Be $disk
        Get-DiskHash middle.vhd | Should -Be $disk
    }

    It 'refuses where another child would lose its base' {
        $null = New-VpcImage twin.vhd -ParentPath middle.vhd
        $before = Get-FolderState
        Merge-VpcImage top.vhd -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'HasChildren,*'
        Get-FolderState | Should -Be $before
    }

    It 'refuses an image without parent' {
        Merge-VpcImage base.vhd -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'WrongType,*'
    }

    It 'changes nothing with -WhatIf' {
        $before = Get-FolderState
        Merge-VpcImage top.vhd -WhatIf
        Merge-VpcImage top.vhd -Depth 2 -DestinationPath alone.vhd -WhatIf
        Get-FolderState | Should -Be $before
    }

    It 'emits the new file' {
        $image = Merge-VpcImage top.vhd -Depth 2 -DestinationPath alone.vhd -PassThru
        $image.Path | Should -Be (Join-Path $folder alone.vhd)
        $image.VhdType | Should -Be 'Dynamic'
        Get-ChildItem | Should -HaveCount 4
    }
}
