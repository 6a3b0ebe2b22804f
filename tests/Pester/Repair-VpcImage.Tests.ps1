BeforeDiscovery {
    # What is done to a sound image so that it has one fault. Of these the file proves what would be right ...
    $script:proven = @(
        @{ Name = 'footer cut off'; Code = 'FooterMissing'; Make = { $_.CutEnd(512) } }
        @{ Name = 'footer zeroed'; Code = 'FooterMissing'; Make = { $_.Fill($_.FooterOffset, 512, 0) } }
        @{ Name = 'footer overwritten by tapdisk'; Code = 'FooterMissing'; Make = { $_.Fill($_.FooterOffset, 512, 0xC7) } }
        @{ Name = 'footer with another cookie'; Code = 'FooterMissing'; Make = { $_.PutEndUnsealed(0, 'xxxxxxxx'.ToCharArray()) } }
        @{ Name = 'checksum of the footer wrong'; Code = 'FooterChecksumMismatch'; Make = { $_.PutEndUnsealed(64, @(1, 2, 3, 4)) } }
        @{ Name = 'checksum of the footer zero'; Code = 'FooterChecksumZero'; Make = { $_.PutEndUnsealed(64, @(0, 0, 0, 0)) } }
        @{ Name = 'copy zeroed'; Code = 'FooterCopyMissing'; Make = { $_.Fill(0, 512, 0) } }
        @{ Name = 'size in the copy wrong'; Code = 'FooterChecksumMismatch'; Make = { $_.PutFrontUnsealed(48, @(9)) } }
        @{ Name = 'copy with another id'; Code = 'FootersDiffer'; Make = { $_.PutFront(68, @(9)) } }
        @{
            Name = 'both checksums wrong, fields equal'
            Code = 'FooterChecksumMismatch'
            Make = { $_.PutFooterUnsealed(64, @(0xDE, 0xAD, 0xBE, 0xEF)) }
        }
        @{ Name = 'hidden byte set without the checksum'; Code = 'FooterChecksumMismatch'; Make = { $_.PutFooterUnsealed(85, @(1)) } }
        @{ Name = 'fixed, size wrong'; Code = 'FooterChecksumMismatch'; Make = { [ImageBytes]::Fixed().PutEndUnsealed(48, @(0, 0, 1)) } }
        @{
            Name = 'fixed, checksum zero'
            Code = 'FooterChecksumMismatch'
            Make = { [ImageBytes]::Fixed().PutEndUnsealed(64, @(0, 0, 0, 0)) }
        }
        @{ Name = '511 bytes'; Code = 'FooterIs511Bytes'; Make = { $_.CutEnd(1) } }
        @{ Name = 'fixed, 511 bytes'; Code = 'FooterIs511Bytes'; Make = { [ImageBytes]::Fixed().CutEnd(1) } }
        @{ Name = 'zeros past the footer'; Code = 'TrailingBytes'; Make = { $_.Append(3000) } }
        @{ Name = 'fixed, zeros past the footer'; Code = 'TrailingBytes'; Make = { [ImageBytes]::Fixed().Append(512) } }
        @{ Name = 'no id'; Code = 'UniqueIdNull'; Make = { $_.PutFooter(68, [byte[]]::new(16)) } }
        @{ Name = 'next offset of 2010'; Code = 'NextOffsetPresent'; Make = { $_.PutHeader(8, @(0, 0, 0, 0, 255, 255, 255, 255)) } }
        @{ Name = 'checksum of the header wrong'; Code = 'HeaderChecksumMismatch'; Make = { $_.PutHeaderUnsealed(36, @(0, 0, 0, 1)) } }
        @{
            Name = 'next offset wrong, header not resealed'
            Code = 'HeaderChecksumMismatch'
            Make = { $_.PutHeaderUnsealed(8, @(0, 0, 0, 0, 0, 0, 0, 77)) }
        }
        @{ Name = 'one entry too many'; Code = 'TableEntriesTooMany'; Make = { $_.PutHeader(28, @(0, 0, 0, 17)) } }
        @{ Name = 'entry 0'; Code = 'BatEntryInStructure'; Make = { $_.PutEntry(9, 0) } }
        @{ Name = 'entry in the table'; Code = 'BatEntryInStructure'; Make = { $_.PutEntry(9, 3) } }
        @{ Name = 'entry far past the end'; Code = 'BatEntryPastEnd'; Make = { $_.PutEntry(9, 4294967294) } }
        @{ Name = 'two entries, zeros'; Code = 'BatEntryDuplicate'; Make = { $_.AddBlock(7, 0).PutEntry(9, $_.GetEntry(7)) } }
        @{
            Name = 'entry into the data of a block'
            Code = 'BlocksOverlap'
            Make = { $_.AddBlock(7, 0x44).PutEntry(9, $_.GetEntry(5) + 3) }
        }
        @{ Name = 'data under clear bits'; Code = 'BitmapStale'; Make = { $_.AddBlock(7, 0x66, @(0xF0)) } }
        @{ Name = 'short last block'; Code = 'LastBlockShort'; Make = { New-ShortDisk } }
    )
    # ... and of these it does not.
    $script:unproven = @(
        @{ Name = 'cut off in the last block'; Code = 'FooterMissing'; Make = { $_.CutEnd(512 + 1024) } }
        @{
            Name = 'both footers damaged, each otherwise'
            Code = 'FooterChecksumMismatch'
            Make = { $_.PutFrontUnsealed(49, @(1)).PutEndUnsealed(50, @(7)) }
        }
        @{ Name = 'fixed, id changed'; Code = 'FooterChecksumMismatch'; Make = { [ImageBytes]::Fixed().PutEndUnsealed(70, @(1, 2, 3)) } }
        @{
            Name = 'name of the parent in a header not resealed'
            Code = 'HeaderChecksumMismatch'
            Make = { $_.PutHeaderUnsealed(770, @(0, 0, 0, 5)) }
        }
        @{ Name = 'extra entry in use'; Code = 'TableEntriesTooMany'; Make = { $_.PutHeader(28, @(0, 0, 0, 17)).PutEntry(16, 12) } }
        @{ Name = 'entry right past the end'; Code = 'BatEntryPastEnd'; Make = { $_.PutEntry(9, $_.FooterOffset / 512) } }
        @{ Name = 'two entries, data'; Code = 'BatEntryDuplicate'; Make = { $_.AddBlock(7, 0x55).PutEntry(9, $_.GetEntry(7)) } }
        @{
            Name = 'what Xen leaves under clear bits'
            Code = 'BitmapStale'
            Make = { $_.PutFooter(28, "tap`0".ToCharArray()).AddBlock(7, 0x66, @(0xF0)) }
        }
        @{
            Name = 'short last block over another entry'
            Code = 'LastBlockShort'
            Make = { New-ShortDisk | ForEach-Object { $_.PutEntry(8, $_.GetEntry(15) - 1) } }
        }
        @{
            Name = 'table that reaches past the footer'
            Code = 'TrailingBytes'
            Make = { $_.PutHeader(28, @(0, 0, 0x13, 0x88)).Append(8000) }
        }
        @{
            Name = 'entry in the header of a file that was cut off'
            Code = 'FooterMissing'
            Make = { $_.PutEntry(9, 2).CutEnd($_.Bytes.Count - $_.GetEntry(2) * 512 - 1024) }
        }
    )
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)

    function New-Disk { [ImageBytes]::Dynamic().AddBlock(2, 0x11).AddBlock(0, 0x22).AddBlock(5, 0x33) }

    # The last block lacks the sectors that the disk does not have.
    function New-ShortDisk {
        $disk = [ImageBytes]::Dynamic(64KB - 1024).AddBlock(1, 0x11).AddBlock(15, 0x22)
        $disk.Cut($disk.FooterOffset - 1024, 1024)
    }
}

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
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'UndoFileExists,*'
        Get-FolderState | Should -Be $before
        (Repair-VpcImage d.vhd -Backup second.undo).UndoPath | Should -Be (Join-Path $folder second.undo)
    }

    It 'changes nothing with -WhatIf' {
        Edit-Byte d.vhd -100
        $before = Get-FolderState
        $plan = Repair-VpcImage d.vhd -WhatIf
        $plan | Should -BeOfType VhdPS.VpcRepairPlan
        $plan.Repairs, $plan.UndoPath | Should -Be @(1, (Join-Path $PWD d.vhd.undo))
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

Describe 'Repair-VpcImage of an image with one fault' {
    BeforeEach { $folder = Enter-Folder }
    AfterEach { Pop-Location }

    It 'mends it, and is undone byte for byte: <Name>' -ForEach $proven {
        (New-Disk | ForEach-Object $Make).Save('d.vhd')
        $damaged = (Get-FileHash d.vhd).Hash
        (Test-VpcImage d.vhd -Full).Findings.Code | Should -Contain $Code
        $result = Repair-VpcImage d.vhd
        $result.IsValid | Should -BeTrue
        $result.Errors + $result.Warnings | Should -Be 0
        $result.UndoPath | Should -Be (Join-Path $folder d.vhd.undo)
        (Test-VpcImage d.vhd -Full).IsValid | Should -BeTrue
        $result | Undo-VpcRepair
        (Get-FileHash d.vhd).Hash | Should -Be $damaged
        (Get-ChildItem -Force).Name | Should -Be 'd.vhd'
    }

    It 'leaves what is not proven: <Name>' -ForEach $unproven {
        (New-Disk | ForEach-Object $Make).Save('d.vhd')
        $damaged = (Get-FileHash d.vhd).Hash
        $steps = (Repair-VpcImage d.vhd -Code $Code).Steps | Where-Object Code -EQ $Code
        $steps[0].Outcome | Should -Be 'NotProven'
        (Get-FileHash d.vhd).Hash | Should -Be $damaged
    }

    It 'shows with -WhatIf what it would write, and where' {
        (New-Disk).CutEnd(512).Save('d.vhd')
        $before = Get-FolderState
        $text = (Invoke-PowerShell -NonInteractive -Command "Import-Module '$module'; Repair-VpcImage d.vhd -WhatIf") -join ' '
        $text | Should -BeLike '*FooterMissing at*'
        $text | Should -BeLike "*is written at $((Get-Item d.vhd).Length) from its copy*"
        Get-FolderState | Should -Be $before
    }

    It 'leaves the faults that are not named' {
        [ImageBytes]::Dynamic().PutHeader(8, @(0, 0, 0, 0, 255, 255, 255, 255)).Append(512).Save('d.vhd')
        $result = Repair-VpcImage d.vhd -Code NextOffsetPresent -NoBackup
        $result.Repaired | Should -Be 1
        $result.Left | Should -Be 1
        (Test-VpcImage d.vhd).Findings.Code | Should -Be 'TrailingBytes'
    }

    It 'names -Backup where an undo file is in the way: "<_>"' -ForEach '', '-WhatIf' {
        [ImageBytes]::Dynamic().Append(512).Save('d.vhd')
        'mine' | Set-Content d.vhd.undo
        $before = Get-FolderState
        $result = Invoke-Recorded "Repair-VpcImage d.vhd $_"
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'UndoFileExists,*'
        "$($result.Errors[0])" | Should -BeLike '*-Backup*'
        Get-FolderState | Should -Be $before
    }

    It 'builds a lost table anew, and says how sure it is' {
        $disk = [ImageBytes]::Dynamic()
        0..15 | ForEach-Object { $null = $disk.AddBlock($_, $_ + 1) }
        $disk.Save('whole.vhd')
        0..15 | ForEach-Object { $null = $disk.PutEntry($_, [uint]::MaxValue) }
        $disk.Save('d.vhd')
        $repaired = (Repair-VpcImage d.vhd -RebuildTable).Steps | Where-Object Outcome -EQ Repaired
        $repaired | Should -HaveCount 1
        $repaired.Description | Should -BeLike '*Confidence Medium*'
        (Get-FileHash d.vhd).Hash | Should -Be (Get-FileHash whole.vhd).Hash
    }

    It 'leads whoever follows the advice of a check to an end: <Name>' -ForEach ($proven + $unproven + @(
            @{ Name = 'changed byte of an entry'; Make = { $_.PutEntry(0, $_.GetEntry(0) -bxor 0x800000) } }
            @{ Name = 'entry that reads as unused'; Make = { $_.PutEntry(0, [uint]::MaxValue) } }
        )) {
        (New-Disk | ForEach-Object $Make).Save('d.vhd')
        $commands = @()
        while ($true) {
            $advice = @((Test-VpcImage d.vhd -Full).Findings | Where-Object IsRepairable | ForEach-Object Advice)
            $command = @($advice | ForEach-Object { [regex]::Match($_, 'Repair-VpcImage( -RebuildTable)?').Value } | Sort-Object -Unique)
            if (-not $command) { break }
            $commands += $command[0]
            $commands | Should -HaveCount (@($commands | Sort-Object -Unique).Count) -Because 'no command is named twice'
            & ([scriptblock]::Create("$($command[0]) d.vhd -NoBackup")) | ForEach-Object Repaired | Should -BeGreaterThan 0
        }
        # What is left is not repairable, and no advice says that it is.
        $left = (Test-VpcImage d.vhd -Full).Findings
        $left | Where-Object Advice -Match '^Run Repair-VpcImage' | Should -BeNullOrEmpty
        (Repair-VpcImage d.vhd -NoBackup -WhatIf).Repaired | Should -BeIn @($null, 0)
    }

    It 'keeps a damaged entry whose block is in the file, and restores it with -RebuildTable' {
        (New-Disk).Save('whole.vhd')
        (New-Disk | ForEach-Object { $_.PutEntry(0, $_.GetEntry(0) -bxor 0x800000) }).Save('d.vhd')
        $damaged = (Get-FileHash d.vhd).Hash
        $step = (Repair-VpcImage d.vhd).Steps | Where-Object Code -EQ BatEntryPastEnd
        $step.Outcome | Should -Be 'NotSelected'
        (Get-FileHash d.vhd).Hash | Should -Be $damaged
        (Test-VpcImage d.vhd).Findings.Where({ $_.Code -eq 'BlockLost' }).Advice | Should -BeLike '*Repair-VpcImage -RebuildTable*'
        Optimize-VpcImage d.vhd -Force -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem | Should -HaveCount 1
        (Get-FileHash d.vhd).Hash | Should -Be $damaged
        (Repair-VpcImage d.vhd -RebuildTable).IsValid | Should -BeTrue
        (Get-FileHash d.vhd).Hash | Should -Be (Get-FileHash whole.vhd).Hash
        Undo-VpcRepair d.vhd
        (Get-FileHash d.vhd).Hash | Should -Be $damaged
    }

    It 'names the images that depend on the repaired one, and the chain counts' {
        $null = New-VpcImage d.vhd -Size 10MB
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        Edit-Byte d.vhd -100
        $result = Repair-VpcImage d.vhd -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*child.vhd*depends on this image*'
        $result.Children | Should -Be (Get-Item child.vhd).FullName
        Undo-VpcRepair d.vhd -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*child.vhd*depends on this image*'
        Remove-Item d.vhd
        $result = Repair-VpcImage child.vhd
        $result.IsValid | Should -Be (Test-VpcImage child.vhd).IsValid
        $result.IsValid | Should -BeFalse
    }
}
