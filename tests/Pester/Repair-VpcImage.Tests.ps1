BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Repair-VpcImage' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-VpcImage d.vhd -Size 10MB
        Write-VpcSector d.vhd 0 (Get-Pattern 1024)
        $disk = Get-DiskHash d.vhd
        $sound = (Get-FileHash d.vhd).Hash
    }
    AfterEach { Pop-Location }

    It 'mends a damaged <Name> from what the file proves' -ForEach @(
        @{ Name = 'footer'; Offset = -100; Structure = 'Footer' }
        @{ Name = 'copy of the footer'; Offset = 100; Structure = 'FooterCopy' }
    ) {
        Edit-Byte d.vhd $Offset
        $result = Repair-VpcImage d.vhd
        $result.Steps[0].Code | Should -Be 'FooterChecksumMismatch'
        $result.Steps[0].Structure | Should -Be $Structure
        $result.Repaired | Should -Be 1
        $result.Left | Should -Be 0
        (Get-FileHash d.vhd).Hash | Should -Be $sound
    }

    It 'leaves what nothing proves, and says so' {
        Edit-Byte d.vhd 700
        $before = (Get-FileHash d.vhd).Hash
        $result = Repair-VpcImage d.vhd -Code FooterChecksumMismatch
        $result.Repaired | Should -Be 0
        $result.Left | Should -BeGreaterThan 0
        $result.UndoPath | Should -BeNullOrEmpty
        (Get-FileHash d.vhd).Hash | Should -Be $before
    }

    It 'does nothing to a sound image' {
        $before = Get-FolderState
        (Repair-VpcImage d.vhd).Repaired | Should -Be 0
        Get-FolderState | Should -Be $before
    }

    It 'mends what is asked for only, and each image of a pipeline' {
        Copy-Item d.vhd e.vhd
        Get-ChildItem *.vhd | ForEach-Object { Edit-Byte $_.Name -100 }
        $null = New-Item -ItemType Directory undo
        $results = Get-ChildItem *.vhd | Repair-VpcImage -Backup undo -Code FooterChecksumMismatch
        $results.Repaired | Should -Be @(1, 1)
        (Get-ChildItem undo).Name | Should -Be @('d.vhd.undo', 'e.vhd.undo')
        (Get-FileHash e.vhd).Hash | Should -Be $sound
    }

    It 'writes no undo file with -NoBackup' {
        Edit-Byte d.vhd -100
        (Repair-VpcImage d.vhd -NoBackup).UndoPath | Should -BeNullOrEmpty
        (Get-ChildItem).Name | Should -Be 'd.vhd'
        { Repair-VpcImage d.vhd -NoBackup -Backup x.undo -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'never writes over an undo file' {
        Edit-Byte d.vhd -100
        $null = Repair-VpcImage d.vhd
        Edit-Byte d.vhd -100
        $before = Get-FolderState
        Repair-VpcImage d.vhd -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TargetExists,*'
        Get-FolderState | Should -Be $before
        (Repair-VpcImage d.vhd -Backup second.undo).UndoPath | Should -Be (Join-Path $folder second.undo)
    }

    It 'changes nothing with -WhatIf' {
        Edit-Byte d.vhd -100
        $before = Get-FolderState
        Repair-VpcImage d.vhd -WhatIf | Should -BeNullOrEmpty
        Get-FolderState | Should -Be $before
    }

    It 'completes the codes of faults' {
        $typed = 'Repair-VpcImage d.vhd -Code FooterChecksum'
        (TabExpansion2 $typed $typed.Length).CompletionMatches.CompletionText | Should -Contain 'FooterChecksumMismatch'
    }

    It 'shows what became of it within <_> columns' -ForEach 80, 120 {
        Edit-Byte d.vhd -100
        $result = Repair-VpcImage d.vhd
        $result | Out-Shown $_ | Should -Match 'True +1 +0 +d\.vhd +d\.vhd\.undo'
        $result.Steps | Out-Shown $_ | Should -Match 'Repaired FooterChecksumMismatch at file offset \d+ \(0x[0-9A-F]+\)\s+The footer at'
    }
}
