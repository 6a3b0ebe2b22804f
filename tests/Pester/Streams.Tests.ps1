BeforeDiscovery {
    # A call of each cmdlet, a step that it reports with -Verbose, and a place in a file that it reports with -Debug.
    $header = 'base.vhd: DynamicHeader at file offset 512 (0x200)'
    $table = 'base.vhd: BlockAllocationTable at file offset 1536 (0x600)'
    $copy = 'base.vhd: FooterCopy at file offset 0 (0x0)'
    $script:calls = @(
        @{ Call = 'Compare-VpcImage base.vhd child.vhd'; Step = 'Differencing image'; Place = $table }
        @{ Call = 'Compare-VpcImage base.vhd child.vhd -Structure'; Step = 'Differencing image'; Place = $table }
        @{
            Call = 'Convert-VpcImage base.vhd out.vhd -VhdType Fixed -Verify'
            Step = 'Reading the new file back'
            Place = 'out.vhd: Footer at file offset 8388608 (0x800000)'
        }
        @{
            Call = 'Convert-VpcImage fixed.vhd -InPlace; Convert-VpcImage fixed.vhd -InPlace -SourceFormat Raw'
            Step = 'raw disk of 4 MiB'
            Place = 'fixed.vhd: Footer at file offset 4194304 (0x400000)'
        }
        @{ Call = 'Get-VpcBlock base.vhd'; Step = '4 blocks of 2 MiB'; Place = $header }
        @{ Call = 'Get-VpcChain child.vhd'; Step = 'base.vhd: Dynamic image'; Place = $header }
        @{ Call = 'Get-VpcChain .'; Step = 'looking for images'; Place = $header }
        @{
            Call = 'Get-VpcFooter fixed.vhd'
            Step = 'Fixed image, disk of 4 MiB (4194304 bytes'
            Place = 'fixed.vhd: Footer at file offset 4194304 (0x400000)'
        }
        @{ Call = 'Get-VpcHash base.vhd'; Step = 'Dynamic image'; Place = $copy }
        @{ Call = 'Get-VpcHash base.vhd -BlockManifest'; Step = 'Dynamic image'; Place = $copy }
        @{
            Call = 'Get-VpcHash fixed.vhd -SourceFormat Raw'
            Step = 'raw disk of 4 MiB'
            Place = 'fixed.vhd: sector 0 at file offset 0 (0x0)'
        }
        @{ Call = 'Get-VpcImage base.vhd'; Step = 'Dynamic image'; Place = $header }
        @{ Call = 'Get-VpcPartition base.vhd'; Step = 'the disk has no partition table'; Place = $table }
        @{ Call = 'Merge-VpcImage child.vhd'; Step = 'Deleting'; Place = $header }
        @{
            Call = 'New-VpcImage new.vhd -Size 4MB'
            Step = 'Dynamic image, disk of 4 MiB'
            Place = 'new.vhd: BlockAllocationTable at file offset 1536 (0x600)'
        }
        @{
            Call = 'New-VpcImage new.vhd -ParentPath base.vhd'
            Step = 'Differencing image'
            Place = 'new.vhd: ParentLocator at file offset'
        }
        @{ Call = 'Optimize-VpcImage base.vhd'; Step = 'Giving the new file the name and place'; Place = $table }
        @{ Call = 'Optimize-VpcImage base.vhd -InPlace'; Step = 'Looking for empty blocks'; Place = $table }
        @{ Call = 'Optimize-VpcImage base.vhd -WhatIf'; Step = 'nothing is written'; Place = $table }
        @{ Call = 'Read-VpcSector child.vhd 4096'; Step = 'Differencing image'; Place = 'base.vhd: sector 4096 (Parent) at file offset' }
        @{
            Call = 'Repair-VpcImage hurt.vhd'
            Step = 'repaired; the old bytes are in'
            Place = 'hurt.vhd: 512 bytes changed at file offset'
        }
        @{
            Call = '$null = Repair-VpcImage hurt.vhd; Undo-VpcRepair hurt.vhd'
            Step = 'as it was before the repair'
            Place = 'hurt.vhd: 512 bytes changed at file offset'
        }
        @{
            Call = 'Resize-VpcImage plain.vhd -Size 64GB'
            Step = 'Making space for a table of 32768 entries'
            Place = 'plain.vhd: BlockAllocationTable at file offset 1536 (0x600)'
        }
        @{
            Call = 'Set-VpcImage child.vhd -ParentPath base.vhd'
            Step = 'parent, header and footers written'
            Place = 'child.vhd: ParentLocator at file offset'
        }
        @{ Call = 'Send-VpcImage base.vhd -WhatIf'; Step = 'Dynamic image, disk of 8 MiB'; Place = $table }
        @{
            Call = 'Get-VpcServer | Stop-VpcServer; Start-VpcServer base.vhd'
            Step = 'serving'
            Place = $table
        }
        @{ Call = 'Show-VpcMap base.vhd'; Step = 'Dynamic image'; Place = $header }
        @{ Call = 'Test-VpcChecksum base.vhd'; Step = 'of the DynamicHeader is valid'; Place = $header }
        @{ Call = 'Test-VpcImage base.vhd -Full'; Step = 'Checking bitmaps'; Place = $header }
        @{
            Call = 'Write-VpcSector base.vhd 1 ([byte[]](, 3 * 512)) -Force'
            Step = '1 sector from 1 on written'
            Place = 'base.vhd: sector 1 (File) at file offset'
        }
    )
}

BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'verbose and debug text' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage base.vhd -Size 8MB
        Write-VpcSector base.vhd 4096 ([byte[]](, 1 * 512))
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        Write-VpcSector child.vhd 0 ([byte[]](, 2 * 512))
        $null = New-VpcImage fixed.vhd -Size 4MB -VhdType Fixed
        $null = 'plain.vhd', 'hurt.vhd' | New-VpcImage -Size 4MB
        Edit-Byte hurt.vhd -100
    }
    AfterEach {
        Get-VpcServer | Stop-VpcServer
        Get-Unsound -Except hurt.vhd | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'reports steps and places: <Call>' -ForEach $calls {
        $result = Invoke-Recorded "$Call -Verbose -Debug"
        $result.Errors | Should -BeNullOrEmpty
        $result.Verbose -like "*$([wildcardpattern]::Escape($Step))*" | Should -Not -BeNullOrEmpty
        $result.Debug -like "*$([wildcardpattern]::Escape($Place))*" | Should -Not -BeNullOrEmpty
        # The two notations of an offset are of one number.
        foreach ($match in $result.Debug | Select-String 'file offset (\d+) \(0x([0-9A-F]+)\)' -AllMatches | ForEach-Object Matches) {
            [Convert]::ToInt64($match.Groups[2].Value, 16) | Should -Be $match.Groups[1].Value
        }
    }

    It 'reports nothing unasked: <Call>' -ForEach $calls {
        $result = Invoke-Recorded $Call
        $result.Errors + $result.Verbose + $result.Debug | Should -BeNullOrEmpty
    }

    It 'is tested for each cmdlet' {
        $called = $calls.Call | Select-String '\w+-Vpc\w+' -AllMatches | ForEach-Object { $_.Matches.Value } | Sort-Object -Unique
        # What a transfer reports needs a server: its own file has it.
        $called | Should -Be ((Get-Command -Module VhdPS).Name -ne 'Receive-VpcImage' | Sort-Object)
    } -ForEach @{ calls = $calls }

    It 'reports places alone with -Debug' {
        $result = Invoke-Recorded 'Get-VpcImage base.vhd -Debug'
        $result.Debug | Should -HaveCount 5
        $result.Verbose | Should -BeNullOrEmpty
        $result.Debug | Should -Contain "$((Get-Item base.vhd).FullName): FooterCopy at file offset 0 (0x0), 512 bytes."
        $result.Debug | Should -Contain "$((Get-Item base.vhd).FullName): DynamicHeader at file offset 512 (0x200), 1024 bytes."
    }

    It 'goes by $DebugPreference as by the switch' {
        $asked = (Invoke-Recorded 'Get-VpcImage base.vhd -Debug').Debug
        (Invoke-Recorded '$DebugPreference = "Continue"; Get-VpcImage base.vhd').Debug | Should -Be $asked
    }

    It 'leaves the source, and no litter, where the stream takes no more' {
        # The second line of verbose text is that of the copy, in the midst of the engine's work.
        $taken = Convert-VpcImage plain.vhd out.vhd -VhdType Fixed -Verify -DeleteSource -Verbose 4>&1 |
            Where-Object { "$_" -match 'Copying' } | Select-Object -First 1
        $taken | Should -HaveCount 1
        (Get-ChildItem -Force).Name | Sort-Object | Should -Be @('base.vhd', 'child.vhd', 'fixed.vhd', 'hurt.vhd', 'plain.vhd')
    }
}
