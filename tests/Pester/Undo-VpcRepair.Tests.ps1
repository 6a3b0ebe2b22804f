BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Undo-VpcRepair' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage d.vhd -Size 10MB
        Write-VpcSector d.vhd 0 (Get-Pattern 1024)
        Edit-Byte d.vhd -100
        $damaged = (Get-FileHash d.vhd).Hash
    }
    AfterEach { Pop-Location }

    It 'brings the image back byte for byte and deletes the undo file' {
        (Repair-VpcImage d.vhd).Repaired | Should -Be 1
        Undo-VpcRepair d.vhd | Should -BeNullOrEmpty
        (Get-FileHash d.vhd).Hash | Should -Be $damaged
        (Get-ChildItem).Name | Should -Be 'd.vhd'
    }

    It 'takes the result of a repair from the pipeline, with the undo file that it names' {
        $null = New-Item -ItemType Directory undo
        Repair-VpcImage d.vhd -Backup undo | Undo-VpcRepair
        (Get-FileHash d.vhd).Hash | Should -Be $damaged
        Get-ChildItem undo | Should -BeNullOrEmpty
    }

    It 'refuses an image that has changed since' {
        $null = Repair-VpcImage d.vhd
        Edit-Byte d.vhd -50
        $before = Get-FolderState
        Undo-VpcRepair d.vhd -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem | Should -HaveCount 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'DataWouldBeLost,*'
        Get-FolderState | Should -Be $before
    }

    It 'refuses a damaged undo file' {
        $null = Repair-VpcImage d.vhd
        Edit-Byte d.vhd.undo 100
        $before = Get-FolderState
        Undo-VpcRepair d.vhd -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'UndoFileDamaged,*'
        Get-FolderState | Should -Be $before
    }

    It 'says that there is no undo file' {
        Undo-VpcRepair d.vhd -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'changes nothing with -WhatIf' {
        $null = Repair-VpcImage d.vhd
        $before = Get-FolderState
        Undo-VpcRepair d.vhd -WhatIf
        Get-FolderState | Should -Be $before
    }

    It 'takes the undo file from the folder that -Backup names' {
        $null = New-Item -ItemType Directory undo
        (Repair-VpcImage d.vhd -Backup undo).UndoPath | Should -Be (Join-Path $PWD undo d.vhd.undo)
        Undo-VpcRepair d.vhd -Backup undo
        (Get-FileHash d.vhd).Hash | Should -Be $damaged
    }
}
