BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Optimize-VpcImage' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage d.vhd -Size 20MB
        7, 2, 5 | ForEach-Object { Write-VpcSector d.vhd ($_ * 4096) (Get-Pattern 512 $_) }
        Write-VpcSector d.vhd (2 * 4096) ([byte[]]::new(512))
        $disk = Get-DiskHash d.vhd
    }
    AfterEach {
        Get-ChildItem *.vhd | Test-VpcImage -Full | Where-Object { -not $_.IsValid -or $_.Warnings } | Should -BeNullOrEmpty
        Pop-Location
    }

    It "takes Hyper-V's mode Prezeroed for Full" {
        Copy-Item d.vhd full.vhd
        Copy-Item d.vhd quick.vhd
        $result = Optimize-VpcImage d.vhd -Mode prezeroed
        $result.FileSizeAfter | Should -Be (Optimize-VpcImage full.vhd -Mode Full).FileSizeAfter
        $result.FileSizeAfter | Should -BeLessThan (Optimize-VpcImage quick.vhd -Mode Quick).FileSizeAfter
    }

    It "refuses Hyper-V's mode <Mode> and names <Instead>" -ForEach @(
        @{ Mode = 'Pretrimmed'; Instead = '-Mode Quick' }
        @{ Mode = 'Retrim'; Instead = '-FreeSpace' }
    ) {
        $before = (Get-FileHash d.vhd).Hash
        { Optimize-VpcImage d.vhd -Mode $Mode } | Should -Throw "*$Instead*" -ErrorId 'ParameterArgumentTransformationError,*'
        (Get-FileHash d.vhd).Hash | Should -Be $before
    }

    It 'drops zeros, orders the rest, and keeps the disk' {
        $length = (Get-Item d.vhd).Length
        $result = Optimize-VpcImage d.vhd
        $result.BlockCountBefore | Should -Be 3
        $result.BlockCountAfter | Should -Be 2
        $result.FileSizeBefore | Should -Be $length
        $result.FileSizeAfter | Should -Be (Get-Item d.vhd).Length
        $result.Saved | Should -BeGreaterThan 2MB
        (Get-VpcBlock d.vhd -Allocated).Block | Should -Be @(5, 7)
        (Get-VpcImage d.vhd).FragmentationPercentage | Should -BeLessThan 100
        Get-DiskHash d.vhd | Should -Be $disk
    }

    It 'does so in place too' {
        (Optimize-VpcImage d.vhd -InPlace).BlockCountAfter | Should -Be 2
        Get-DiskHash d.vhd | Should -Be $disk
    }

    It 'drops from a child what its parent holds too' {
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        Write-VpcSector child.vhd (7 * 4096) (Get-Pattern 512 7)
        (Optimize-VpcImage child.vhd).BlockCountAfter | Should -Be 0
        Get-DiskHash child.vhd | Should -Be $disk
    }

    It 'drops a block that no entry names only with -DropLostBlock: "<_>"' -ForEach '', '-InPlace' {
        $lost = [ImageBytes]::Dynamic().AddBlock(2, 0x11).AddBlock(0, 0x22).AddBlock(5, 0x33)
        $lost.PutEntry(0, [uint]::MaxValue).Save('lost.vhd')
        $before = Get-FolderState
        foreach ($more in '-Force', '-Force -WhatIf') {
            $result = Invoke-Recorded "Optimize-VpcImage lost.vhd $_ $more"
            $result.Errors | Should -HaveCount 1
            $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'LostBlocksPresent,*'
            "$($result.Errors[0])" | Should -BeLike '*-RebuildTable*-DropLostBlock*'
            Get-FolderState | Should -Be $before
        }
        & ([scriptblock]::Create("Optimize-VpcImage lost.vhd $_ -DropLostBlock")) | ForEach-Object BlockCountAfter | Should -Be 2
        (Test-VpcImage lost.vhd).Findings | Where-Object Code -EQ BlockLost | Should -BeNullOrEmpty
    }

    It 'finds nothing the second time' {
        $null = Optimize-VpcImage d.vhd
        (Optimize-VpcImage d.vhd).Saved | Should -Be 0
    }

    It 'estimates with -WhatIf what then comes, and changes nothing' {
        $before = Get-FolderState
        $estimate = Optimize-VpcImage d.vhd -WhatIf
        Get-FolderState | Should -Be $before
        $estimate | Should -BeOfType VhdPS.VpcOptimizePlan
        $result = Optimize-VpcImage d.vhd
        $estimate.BlockCountAfter | Should -Be $result.BlockCountAfter
        $estimate.FileSizeAfter | Should -Be $result.FileSizeAfter
    }

    It 'goes through a folder past an image that is in use' {
        $null = 'a.vhd', 'e.vhd' | New-VpcImage -Size 10MB
        $lock = [IO.File]::Open((Join-Path $PWD.ProviderPath d.vhd), 'Open', 'ReadWrite', 'None')
        try {
            $results = Get-ChildItem *.vhd | Optimize-VpcImage -ErrorVariable problem -ErrorAction SilentlyContinue
        }
        finally {
            $lock.Dispose()
        }

        $results.Path | Split-Path -Leaf | Should -Be @('a.vhd', 'e.vhd')
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ImageInUse,*'
        Get-DiskHash d.vhd | Should -Be $disk
    }

    It 'shows before and after within <_> columns' -ForEach 80, 120 {
        $shown = Optimize-VpcImage d.vhd | Out-Shown $_
        $shown | Should -Match 'Before +After +Saved +Blocks +Name'
        $shown | Should -Match '6(\.\d+)? MiB +4(\.\d+)? MiB +2(\.\d+)? MiB +3 -> 2 +d\.vhd'
    }

    It 'emits the image with -PassThru' {
        (Optimize-VpcImage d.vhd -PassThru).AllocatedBlockCount | Should -Be 2
    }

    It 'estimates what it saves, by -WhatIf or by $WhatIfPreference: <_>' -ForEach @(
        'Optimize-VpcImage d.vhd -WhatIf'
        '$WhatIfPreference = $true; Optimize-VpcImage d.vhd'
    ) {
        $before = (Get-FileHash d.vhd).Hash
        $estimate = & ([scriptblock]::Create($_))
        $estimate | Should -BeOfType VhdPS.VpcOptimizePlan
        (Get-FileHash d.vhd).Hash | Should -Be $before
        (Optimize-VpcImage d.vhd).Saved | Should -Be $estimate.Saved
    }

    It 'estimates what it saves in place' {
        $estimate = Optimize-VpcImage d.vhd -InPlace -WhatIf
        $result = Optimize-VpcImage d.vhd -InPlace
        $result.BlockCountBefore | Should -Be 3
        $result.BlockCountAfter | Should -Be 2
        $result.FileSizeAfter | Should -Be (Get-Item d.vhd).Length
        $estimate.FileSizeAfter | Should -Be $result.FileSizeAfter
        $null = New-VpcImage f.vhd -Size 1MB -VhdType Fixed
        (Optimize-VpcImage f.vhd -InPlace -Mode Quick).Saved | Should -Be 0
    }

    It 'puts the blocks in order in place where that is asked for' {
        $null = New-VpcImage mixed.vhd -Size 1GB
        $block = [byte[]]::new(512)
        3, 0, 7, 1, 5 | ForEach-Object {
            $block[0] = $_ + 1
            Write-VpcSector mixed.vhd ($_ * 4096) $block
        }
        $hash = (Get-VpcHash mixed.vhd).Hash
        $length = (Get-Item mixed.vhd).Length
        (Optimize-VpcImage mixed.vhd -InPlace).Saved | Should -Be 0
        (Get-VpcImage mixed.vhd).FragmentationPercentage | Should -BeGreaterThan 0
        $plan = Optimize-VpcImage mixed.vhd -InPlace -Order -WhatIf
        $plan.Changes | Should -BeLike '*in order*'
        $plan.BytesWritten | Should -BeGreaterOrEqual (3 * 2MB)
        $plan.FreeSpaceNeeded | Should -BeGreaterOrEqual 2MB
        $result = Optimize-VpcImage mixed.vhd -InPlace -Order
        $result.FileSizeAfter | Should -Be $plan.FileSizeAfter
        (Get-Item mixed.vhd).Length | Should -Be $length
        (Get-VpcImage mixed.vhd).FragmentationPercentage | Should -Be 0
        $offsets = (Get-VpcBlock mixed.vhd -Allocated).FileOffset
        $offsets | Should -Be ($offsets | Sort-Object)
        (Get-VpcHash mixed.vhd).Hash | Should -Be $hash
        Test-VpcImage mixed.vhd -Full -Quiet | Should -BeTrue
        (Optimize-VpcImage mixed.vhd -InPlace -Order -WhatIf).BytesWritten | Should -Be 0
    }

    It 'does nothing, and says nothing, where the answer is no' {
        $before = Get-FolderState
        $text = 'n' | Invoke-PowerShell -Command "Import-Module '$module'; [bool](Optimize-VpcImage d.vhd -Confirm)"
        $text[-1] | Should -BeLike '*False'
        # On Windows the question goes to the console, not to the output.
        if (-not $IsWindows) { "$text" | Should -BeLike '*Are you sure*' }
        Get-FolderState | Should -Be $before
    }

    It 'takes images from the pipeline, and emits them as they are now' {
        $image = Get-VpcImage d.vhd | Optimize-VpcImage -Mode Full -PassThru
        $image.PSTypeNames[0] | Should -Be 'VhdPS.VpcImage'
        $image.AllocatedBlockCount | Should -Be 2
    }

    It 'shows blocks where there are any' {
        $null = New-VpcImage f.vhd -Size 4MB -VhdType Fixed
        $shown = Optimize-VpcImage d.vhd, f.vhd | Out-Shown 120
        $shown | Should -Match '3 -> 2 +d\.vhd'
        $shown | Should -Match 'B {10,}f\.vhd'
    }
}

Describe 'Optimize-VpcImage -FreeSpace' {
    BeforeEach {
        $null = Enter-Folder
        Write-GptDisk gpt.img
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw
    }
    AfterEach { Pop-Location }

    It 'drops what no file has, and says of each partition what was done' {
        $before = Read-VpcSector gpt.vhd 0 2200 -Raw
        $estimate = Optimize-VpcImage gpt.vhd -FreeSpace -WhatIf
        $result = Optimize-VpcImage gpt.vhd -FreeSpace
        $result.BlockCountBefore - $result.BlockCountAfter | Should -BeGreaterOrEqual 2
        $estimate.BlockCountAfter | Should -Be $result.BlockCountAfter
        $result.FreeSpace.Number | Should -Be @(1, 2)
        $result.FreeSpace.IsCleared | Should -Be @($true, $false)
        $result.FreeSpace[0].Verdict, $result.FreeSpace[0].Size | Should -Be @('Known', (Get-VpcPartition gpt.vhd)[0].FreeSize)
        $result.FreeSpace[0].RangeCount | Should -Be 1
        $result.FreeSpace[1].Verdict, $result.FreeSpace[1].Size | Should -Be @('NotRecognized', 0)
        $result.FreeSpace[1].Reason | Should -BeLike '*Nothing is recognised*'
        Compare-Object (Read-VpcSector gpt.vhd 0 2200 -Raw) $before | Should -BeNullOrEmpty
        (Test-VpcImage gpt.vhd -Full).IsValid | Should -BeTrue
        (Optimize-VpcImage gpt.vhd).FreeSpace | Should -BeNullOrEmpty
    }

    It 'is what Convert-VpcImage -FreeSpace gives, too' {
        Convert-VpcImage gpt.vhd new.vhd -FreeSpace -Verify
        $null = Optimize-VpcImage gpt.vhd -FreeSpace
        (Get-VpcHash new.vhd).Hash | Should -Be (Get-VpcHash gpt.vhd).Hash
        (Get-VpcHash gpt.vhd).Hash | Should -Not -Be (Get-FileHash gpt.img).Hash
    }

    It 'gives the space in a fixed image back' -Skip:$IsWindows {
        Convert-VpcImage gpt.vhd fixed.vhd -VhdType Fixed
        (Optimize-VpcImage fixed.vhd -FreeSpace).Saved | Should -BeGreaterOrEqual 4MB
        $null = Optimize-VpcImage gpt.vhd -FreeSpace
        (Get-VpcHash fixed.vhd).Hash | Should -Be (Get-VpcHash gpt.vhd).Hash
    }

    It 'refuses a child and its parent, also with -Force' {
        $null = New-VpcImage child.vhd -ParentPath gpt.vhd
        $before = Get-FolderState
        $calls = 'Optimize-VpcImage {0} -FreeSpace -Force', 'Optimize-VpcImage {0} -FreeSpace -WhatIf',
            'Convert-VpcImage {0} new.vhd -FreeSpace -Force', 'Optimize-VpcImage {0} -FreeSpace -InPlace -Force',
            'Optimize-VpcImage {0} -FreeSpace -InPlace -WhatIf'
        foreach ($call in $calls) {
            $refused = Invoke-Recorded ($call -f 'child.vhd')
            $refused.Errors[0].FullyQualifiedErrorId | Should -BeLike 'WrongType,*'
            $refused = Invoke-Recorded ($call -f 'gpt.vhd')
            $refused.Errors[0].FullyQualifiedErrorId | Should -BeLike 'HasChildren,*'
        }
        Get-FolderState | Should -Be $before
    }

    It 'refuses an image with a saved state, also with -Force' {
        Set-VpcImage gpt.vhd -SavedState $true
        foreach ($call in 'Optimize-VpcImage gpt.vhd -FreeSpace -Force', 'Convert-VpcImage gpt.vhd new.vhd -FreeSpace -Force',
            'Optimize-VpcImage gpt.vhd -FreeSpace -InPlace -Force') {
            (Invoke-Recorded $call).Errors[0].FullyQualifiedErrorId | Should -BeLike 'StateSaved,*'
        }
    }

    It 'leaves a volume that is not clean, and says why' {
        # Bit 15 of the second FAT entry is clear while the volume is in use.
        $image = [IO.File]::ReadAllBytes("$PWD/gpt.img")
        foreach ($fat in 0, 1) { $image[(2049 + 32 * $fat) * 512 + 3] = 0x7F }
        [IO.File]::WriteAllBytes("$PWD/gpt.img", $image)
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw -Force
        $result = Optimize-VpcImage gpt.vhd -FreeSpace
        $result.FreeSpace[0].Verdict | Should -Be 'NotClean'
        (Get-VpcHash gpt.vhd).Hash | Should -Be (Get-FileHash gpt.img).Hash
    }

    It 'drops whole blocks in place, and says the same of each partition: <_>' -ForEach 'Full', 'Quick' {
        Copy-Item gpt.vhd copy.vhd
        $before = Read-VpcSector gpt.vhd 0 2200 -Raw
        $copied = Optimize-VpcImage copy.vhd -FreeSpace
        $estimate = Optimize-VpcImage gpt.vhd -FreeSpace -InPlace -Mode $_ -WhatIf
        $result = Optimize-VpcImage gpt.vhd -FreeSpace -InPlace -Mode $_ -Verbose 4>&1
        $verbose, $result = $result.Where({ $_ -is [Management.Automation.VerboseRecord] }, 'Split')
        @($verbose) -match 'partition 1 \(FAT16\): .* free in 1 range$' | Should -HaveCount 1
        $result.BlockCountAfter, $result.FileSizeAfter | Should -Be $copied.BlockCountAfter, $copied.FileSizeAfter
        $estimate.BlockCountAfter, $estimate.FileSizeAfter | Should -Be $result.BlockCountAfter, $result.FileSizeAfter
        $result.FileSizeAfter | Should -Be (Get-Item gpt.vhd).Length
        $result.FreeSpace | ConvertTo-Json | Should -Be ($copied.FreeSpace | ConvertTo-Json)
        $estimate.FreeSpace | ConvertTo-Json | Should -Be ($copied.FreeSpace | ConvertTo-Json)
        Compare-Object (Read-VpcSector gpt.vhd 0 2200 -Raw) $before | Should -BeNullOrEmpty
        (Test-VpcImage gpt.vhd -Full).Findings | Should -BeNullOrEmpty
    }
}
