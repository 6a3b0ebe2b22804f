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

    It 'makes the same disk with -NoFlush, and only where there is no file' {
        Convert-VpcImage disk.img d.vhd -SourceFormat Raw -VhdType Dynamic -NoFlush
        Convert-VpcImage d.vhd back.raw -NoFlush -Force
        (Get-FileHash back.raw).Hash | Should -Be $hash
        'keep' | Set-Content taken.vhd -NoNewline
        { Convert-VpcImage d.vhd taken.vhd -NoFlush -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        { Convert-VpcImage d.vhd taken.vhd -NoFlush -Force -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        { Convert-VpcImage d.vhd taken.vhd -NoFlush -Force -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        { Convert-VpcImage d.vhd new.vhd -NoFlush -DeleteSource -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        { Convert-VpcImage d.vhd -InPlace -NoFlush -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        Get-Content taken.vhd | Should -BeExactly 'keep'
        Remove-Item taken.vhd
        Test-Path d.vhd | Should -BeTrue
        Test-Path new.vhd | Should -BeFalse
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

    It 'makes a child of what differs from a parent, with a manifest that came by <By>' -ForEach @(
        @{ By = 'nothing'; Keep = { } }
        @{ By = 'itself'; Keep = { Get-VpcHash old.vhd -BlockManifest } }
        @{ By = 'CSV'; Keep = { Get-VpcHash old.vhd -BlockManifest -BlockSize 64KB | Export-Csv m.csv; Import-Csv m.csv } }
        @{ By = 'JSON'; Keep = { Get-VpcHash old.vhd -BlockManifest -BlockSize 4KB | ConvertTo-Json | ConvertFrom-Json } }
        @{ By = 'CLIXML'; Keep = { Get-VpcHash old.vhd -BlockManifest | Export-Clixml m.xml; Import-Clixml m.xml } }
    ) {
        Convert-VpcImage disk.img old.vhd -SourceFormat Raw -VhdType Dynamic -BlockSize 512KB
        $manifest = & $Keep
        Convert-VpcImage old.vhd now.vhd
        Write-VpcSector now.vhd 3 (Get-Pattern 512 100)
        Write-VpcSector now.vhd 6146 ([byte[]]::new(512))
        Convert-VpcImage now.vhd child.vhd -VhdType Differencing -ParentPath old.vhd -FromManifest $manifest -Verify
        (Get-VpcImage child.vhd).VhdType | Should -Be 'Differencing'
        (Get-VpcImage child.vhd).ParentPath | Should -BeLike '*old.vhd'
        (Get-VpcHash child.vhd).Hash | Should -Be (Get-VpcHash now.vhd).Hash
        @(Get-VpcBlock child.vhd -Allocated).Block | Should -BeIn 0, 6
        Merge-VpcImage child.vhd -DestinationPath whole.vhd
        (Get-VpcHash whole.vhd).Hash | Should -Be (Get-VpcHash now.vhd).Hash
    }

    It 'takes no manifest of a parent that was changed since, or of two disks' {
        Convert-VpcImage disk.img old.vhd -SourceFormat Raw -VhdType Dynamic
        Convert-VpcImage old.vhd other.vhd
        $manifest = Get-VpcHash old.vhd -BlockManifest
        $child = @{ SourceFormat = 'Raw'; VhdType = 'Differencing'; ParentPath = 'old.vhd' }
        $both = @($manifest) + @(Get-VpcHash other.vhd -BlockManifest)
        $result = Invoke-Recorded 'Convert-VpcImage disk.img c.vhd @child -FromManifest $both'
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        Write-VpcSector old.vhd 1 (Get-Pattern 512 7)
        $result = Invoke-Recorded 'Convert-VpcImage disk.img c.vhd @child -FromManifest $manifest'
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'ManifestMismatch,*'
        Test-Path c.vhd | Should -BeFalse
    }

    It 'says with -WhatIf what child it would make' {
        Convert-VpcImage disk.img old.vhd -SourceFormat Raw -VhdType Dynamic
        $plan = Convert-VpcImage disk.img c.vhd -SourceFormat Raw -VhdType Differencing -ParentPath old.vhd -WhatIf
        $plan.VhdType | Should -Be 'Differencing'
        $plan.Changes | Should -BeLike "Put what differs from '*old.vhd' into a differencing image of 6 MiB*"
        Test-Path c.vhd | Should -BeFalse
    }

    It 'lists what of free space counts as zeros in the plan and in what -PassThru emits' {
        . (Join-Path $PSScriptRoot PartitionBytes.ps1)
        Write-GptDisk gpt.img
        $plan = Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw -FreeSpace -WhatIf
        $image = Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw -FreeSpace -PassThru
        foreach ($output in $plan, $image) {
            $output.FreeSpace.IsCleared | Should -Be @($true, $false)
            $output.FreeSpace[0].Size | Should -Be (Get-VpcPartition gpt.vhd)[0].FreeSize
            $output.FreeSpace[0].RangeCount | Should -Be 1
        }

        (Convert-VpcImage gpt.vhd plain.vhd -WhatIf).FreeSpace | Should -BeNullOrEmpty
        (Convert-VpcImage gpt.vhd plain.vhd -PassThru).PSObject.Properties['FreeSpace'] | Should -BeNullOrEmpty
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
        $made = Get-ChildItem *.vhd |
            Convert-VpcImage -DestinationPath c.vhd -Force -PassThru -ErrorVariable problem -ErrorAction SilentlyContinue
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

    It 'changes nothing with -WhatIf: <_>' -ForEach @(
        '-DestinationPath new.vhd -DeleteSource'
        '-InPlace'
        '-DestinationPath new.vhd -For Azure'
    ) {
        $before = Get-FolderState
        . ([scriptblock]::Create("Convert-VpcImage disk.img -SourceFormat Raw -WhatIf $_"))
        Get-FolderState | Should -Be $before
    }

    It 'never guesses: a raw disk is no image' {
        { Convert-VpcImage disk.img x.vhd -ErrorAction Stop } | Should -Throw
        Test-Path x.vhd | Should -BeFalse
    }

    It 'names the target by what is given: <Arguments>' -ForEach @(
        @{ Arguments = '-SourceFormat Raw'; Target = 'disk.vhd'; Type = 'Dynamic'; Size = 6MB }
        @{ Arguments = '-SourceFormat Raw -VhdType Fixed'; Target = 'disk.vhd'; Type = 'Fixed'; Size = 6MB }
        @{ Arguments = 'n.vhd -SourceFormat Raw -VHDFormat Dynamic -BlockSizeBytes 64KB'; Target = 'n.vhd'; Type = 'Dynamic'; Size = 6MB }
        @{ Arguments = 'sub -SourceFormat Raw'; Target = 'sub/disk.vhd'; Type = 'Dynamic'; Size = 6MB }
        @{ Arguments = 'sub/ -SourceFormat Raw -For Azure'; Target = 'sub/disk.vhd'; Type = 'Fixed'; Size = 20MB }
    ) {
        $null = New-Item -ItemType Directory sub
        $image = . ([scriptblock]::Create("Convert-VpcImage disk.img $Arguments -PassThru"))
        $image | Should -HaveCount 1
        $image.Path | Should -Be (Join-Path $folder $Target)
        $image.VhdType | Should -Be $Type
        $image.Size | Should -Be $Size
        Compare-VpcImage $Target disk.img -DifferenceFormat Raw -Quiet -WarningAction SilentlyContinue | Should -BeTrue
    }

    It 'makes a raw disk by its extension or by -VhdType: <_>' -ForEach 'out.img', 'out.RAW', 'out -VhdType Raw' {
        Convert-VpcImage disk.img fixed.vhd -SourceFormat Raw -VhdType Fixed
        $file = . ([scriptblock]::Create("Convert-VpcImage fixed.vhd $_ -PassThru"))
        $file | Should -BeOfType ([IO.FileInfo])
        $file.FullName | Should -Be (Join-Path $folder ($_ -split ' ')[0])
        (Get-FileHash $file.FullName).Hash | Should -Be $hash
    }

    It 'goes on behind a file that is no image' {
        $null = New-Item -ItemType Directory out
        Convert-VpcImage disk.img a.vhd -SourceFormat Raw
        Convert-VpcImage disk.img c.vhd -SourceFormat Raw -VhdType Fixed
        [IO.File]::WriteAllBytes((Join-Path $folder bad.vhd), [byte[]]::new(4096))
        $result = Invoke-Recorded 'Get-ChildItem *.vhd | Convert-VpcImage -DestinationPath out -VhdType Dynamic -PassThru'
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -Be 'NotVhd,VhdPS.Commands.ConvertVpcImageCommand'
        $result.Output.Path | Should -Be @((Join-Path $folder out a.vhd), (Join-Path $folder out c.vhd))
        'out/a.vhd', 'out/c.vhd' | Get-VpcHash | ForEach-Object Hash | Should -Be @($hash, $hash)
        Remove-Item bad.vhd
    }

    It 'makes the type of its source, whatever names it: <Source>' -ForEach @(
        @{ Source = 'Get-VpcImage f.vhd'; Target = 'new.vhd'; Type = 'Fixed' }
        @{ Source = 'Get-VpcImage d.vhd'; Target = 'new.vhd'; Type = 'Dynamic' }
        @{ Source = '[pscustomobject]@{ LiteralPath = "f.vhd"; DestinationPath = "row.vhd" }'; Target = ''; Type = 'Fixed' }
    ) {
        Convert-VpcImage disk.img f.vhd -SourceFormat Raw -VhdType Fixed
        Convert-VpcImage disk.img d.vhd -SourceFormat Raw -VhdType Dynamic
        $destination = $Target ? "-DestinationPath $Target" : ''
        $image = . ([scriptblock]::Create("$Source | Convert-VpcImage $destination -PassThru"))
        $image.VhdType | Should -Be $Type
        $image.Path | Should -Be (Join-Path $folder ($Target ? $Target : 'row.vhd'))
        $raw = . ([scriptblock]::Create("$Source | Convert-VpcImage -DestinationPath new.raw -PassThru"))
        $raw.Length | Should -Be $image.Size
    }

    It 'keeps the first of two sources that want one target' {
        Convert-VpcImage disk.img a.vhd -SourceFormat Raw
        $null = New-VpcImage b.vhd -Size 1MB
        $result = Invoke-Recorded 'Convert-VpcImage a.vhd, b.vhd t.vhd -Force'
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -Be 'InvalidArgument,VhdPS.Commands.ConvertVpcImageCommand'
        (Get-VpcHash t.vhd).Hash | Should -Be $hash
    }

    It 'says what cannot be done, and changes nothing: <Call>' -ForEach @(
        @{ Call = 'Convert-VpcImage a.vhd'; Id = 'SameFile'; Category = 'InvalidOperation' }
        @{ Call = 'Convert-VpcImage a.vhd t.txt -VhdType Fixed'; Id = 'TargetExists'; Category = 'ResourceExists' }
        @{ Call = 'Convert-VpcImage a.vhd x.vhdx -BlockSize 512KB'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Call = 'Convert-VpcImage a.vhd x.vhdx -For Azure'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Call = 'Convert-VpcImage a.vhd x.vhd -LogicalSectorSize 4096'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Call = 'Convert-VpcImage a.vhd x.vhd -BlockSize 3000'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Call = 'Convert-VpcImage a.vhd x.vhd -For Azure -VhdType Dynamic'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Call = 'Convert-VpcImage a.vhd x.vhd -InPlace'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Call = 'Convert-VpcImage a.vhd -InPlace'; Id = 'WrongType'; Category = 'InvalidOperation' }
        @{ Call = 'Convert-VpcImage a.vhd -InPlace -VhdType Fixed'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Call = 'Convert-VpcImage none.vhd x.vhd'; Id = 'PathNotFound'; Category = 'ObjectNotFound' }
        @{ Call = 'Convert-VpcImage a.vhd none/x.vhd'; Id = 'PathNotFound'; Category = 'ObjectNotFound' }
        @{ Call = 'Convert-VpcImage disk.img x.vhd'; Id = 'NotVhd'; Category = 'InvalidData' }
        @{ Call = 'Convert-VpcImage a.vhd x.vhd -VhdType Differencing'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{ Call = 'Convert-VpcImage a.vhd -VhdType Differencing -ParentPath a.vhd'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{
            Call = 'Convert-VpcImage a.vhd x.vhdx -VhdType Differencing -ParentPath a.vhd'
            Id = 'InvalidArgument'; Category = 'InvalidArgument'
        }
        @{ Call = 'Convert-VpcImage a.vhd x.vhd -FromManifest @()'; Id = 'InvalidArgument'; Category = 'InvalidArgument' }
        @{
            Call = 'Convert-VpcImage a.vhd x.vhd -VhdType Differencing -ParentPath a.vhd -FromManifest t.txt'
            Id = 'InvalidArgument'; Category = 'InvalidArgument'
        }
        @{
            Call = 'Convert-VpcImage disk.img a.vhd -SourceFormat Raw -VhdType Differencing -ParentPath a.vhd -Force'
            Id = 'SameFile'; Category = 'InvalidOperation'
        }
        @{
            Call = 'Convert-VpcImage a.vhd x.vhd -VhdType Differencing -ParentPath none.vhd'
            Id = 'PathNotFound'; Category = 'ObjectNotFound'
        }
    ) {
        Convert-VpcImage disk.img a.vhd -SourceFormat Raw
        'mine' | Set-Content t.txt
        $before = Get-FolderState
        $result = Invoke-Recorded $Call
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -Be "$Id,VhdPS.Commands.ConvertVpcImageCommand"
        $result.Errors[0].CategoryInfo.Category | Should -Be $Category
        Get-FolderState | Should -Be $before
    }

    It 'says with -WhatIf what it would make' {
        [ImageBytes]::Dynamic().AddBlock(1, 0xA1).AddBlock(3, 0xA3).Save('a.vhd')
        $text = Invoke-PowerShell -NonInteractive -Command "
            Import-Module '$module'
            Convert-VpcImage a.vhd b.vhd -VhdType Fixed -WhatIf
            Convert-VpcImage a.vhd -InPlace -SourceFormat Raw -WhatIf"
        # On Windows no sparse files are made.
        $space = $IsWindows ? '64 KiB' : '8 KiB'
        $text[0] | Should -BeLike "*Convert to a fixed image of 64 KiB with at most 8 KiB of data and $space of new space, making*"
        "$text" | Should -BeLike '*Add a footer*'
        Test-Path b.vhd | Should -BeFalse
    }

    It 'emits the image that it has made in place' {
        $image = Convert-VpcImage disk.img -SourceFormat Raw -InPlace -PassThru
        $image.VhdType | Should -Be 'Fixed'
        $image.Size | Should -Be 6MB
    }

    It 'warns of zeros that it adds, where they were not asked for' {
        'odd.raw', 'even.raw' | ForEach-Object { Copy-Item disk.img $_ }
        Set-FileLength odd.raw (1MB - 100)
        Set-FileLength even.raw (1MB - 1024)
        $odd = Invoke-Recorded 'Convert-VpcImage odd.raw a.vhd -SourceFormat Raw'
        $odd.Warnings | Should -HaveCount 1
        $odd.Warnings[0] | Should -BeLike '*100 bytes of zeros*'
        $even = Invoke-Recorded 'Convert-VpcImage even.raw b.vhd -SourceFormat Raw -For Azure -Verbose'
        $even.Warnings | Should -BeNullOrEmpty
        $even.Verbose -like "*$(19MB + 1024) bytes of zeros*" | Should -Not -BeNullOrEmpty
    }

    It 'deletes the source when the target was verified' {
        Convert-VpcImage disk.img -SourceFormat Raw -Verify -DeleteSource
        (Get-ChildItem -Force).Name | Should -Be 'disk.vhd'
        (Get-VpcHash disk.vhd).Hash | Should -Be $hash
    }

    It 'reads what can be read of a damaged image with -Salvage, and says what was lost' {
        $disk = [ImageBytes]::Dynamic()
        0..3 | ForEach-Object { $null = $disk.AddBlock($_, $_ + 1) }
        $disk.PutEntry(1, 1).Save('bad.vhd')
        $result = Invoke-Recorded 'Convert-VpcImage bad.vhd out.raw -Force'
        $result.Errors | Should -HaveCount 1
        Test-Path out.raw | Should -BeFalse

        $result = Invoke-Recorded 'Convert-VpcImage bad.vhd out.raw -Salvage -Fill 0xEE -MapFile bad.map -PassThru'
        $result.Errors | Should -BeNullOrEmpty
        $result.Warnings | Should -BeLike '*bad.vhd: 8 sectors from 8 on could not be read, bytes of 0xEE are in their place*'
        $lost = $result.Output.LostRanges
        "$($lost.Sector) $($lost.SectorCount) $($lost.Why)" | Should -Be "8 8 The block's entry names a place inside a structure."
        [IO.File]::ReadAllBytes((Join-Path $PWD out.raw))[0, 4095, 4096, 8191, 8192] | Should -Be @(1, 1, 0xEE, 0xEE, 3)
        Get-Content bad.map | Where-Object { $_ -notlike '#*' } | Should -Be @(
            '0x00000000     +               1'
            '0x00000000  0x00001000  +'
            '0x00001000  0x00001000  -'
            '0x00002000  0x0000E000  +'
        )

        $result = Invoke-Recorded 'Convert-VpcImage bad.vhd other.raw -Fill 1'
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        Test-Path other.raw | Should -BeFalse

        $before = Get-FolderState
        foreach ($map in 'bad.vhd', 'out.raw', 'bad.map') {
            (Invoke-Recorded "Convert-VpcImage bad.vhd out2.raw -Salvage -MapFile $map").Errors | Should -HaveCount 1
        }
        (Invoke-Recorded 'Convert-VpcImage bad.vhd out2.raw -Salvage -MapFile out2.raw').Errors | Should -HaveCount 1
        (Invoke-Recorded 'Convert-VpcImage bad.vhd out2.raw -Salvage -Force -MapFile bad.vhd').Errors | Should -HaveCount 1
        (Invoke-Recorded 'Convert-VpcImage bad.vhd out2.raw -Salvage -DeleteSource').Errors | Should -HaveCount 1
        Get-FolderState | Should -Be $before
        Remove-Item bad.vhd
    }

    It 'reads the disk of a damaged image by force the same way everywhere' {
        $disk = [ImageBytes]::Dynamic()
        0..3 | ForEach-Object { $null = $disk.AddBlock($_, $_ + 1) }
        $disk.PutEntry(1, 1).Save('bad.vhd')
        Convert-VpcImage bad.vhd out.raw -Salvage -WarningAction Ignore
        $lost = '*bad.vhd: 8 sectors from 8 on could not be read, zeros are in their place*'
        $calls = 'Get-VpcHash bad.vhd', 'Compare-VpcImage bad.vhd out.raw -DifferenceFormat Raw', 'Read-VpcSector bad.vhd 0 -Count 32'
        foreach ($call in $calls) {
            (Invoke-Recorded $call).Errors | Should -HaveCount 1
            $result = Invoke-Recorded "$call -Force"
            $result.Errors | Should -BeNullOrEmpty
            $result.Warnings | Should -BeLike $lost
            switch -Wildcard ($call) {
                'Get*' { $result.Output.Hash | Should -Be (Get-FileHash out.raw).Hash }
                'Compare*' { $result.Output | Should -BeNullOrEmpty }
                'Read*' {
                    $result.Output.Origin | Should -Be 'File', 'Lost', 'File', 'File'
                    $result.Output[1].Data | Select-Object -Unique | Should -Be 0
                }
            }
        }
        Remove-Item bad.vhd
    }

    It 'does not delete a source of which it read the smaller of two sizes' {
        # 64 KiB by the current size, 32 KiB by the geometry, and block 12 past that.
        $disk = [ImageBytes]::Dynamic().AddBlock(2, 1).AddBlock(12, 2)
        $disk.PutFooter(28, [Text.Encoding]::ASCII.GetBytes('vpc ')).PutFooter(56, [byte[]](0, 1, 4, 16)).Save('two.vhd')
        $result = Invoke-Recorded 'Convert-VpcImage two.vhd out.vhd -DeleteSource -Force'
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'DataWouldBeLost,*'
        (Get-ChildItem *.vhd).Name | Should -Be 'two.vhd'
        Convert-VpcImage two.vhd out.vhd -DeleteSource -SizeRule CurrentSize
        (Get-ChildItem *.vhd).Name | Should -Be 'out.vhd'
        (Read-VpcSector out.vhd 96).Data[0] | Should -Be 2
    }
}

Describe 'Convert-VpcImage of a disk with a GPT' {
    BeforeEach {
        $null = Enter-Folder
        Write-GptDisk gpt.img (64MB - 512)
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw
    }
    AfterEach { Pop-Location }

    It 'moves the backup where Azure wants another size' {
        Convert-VpcImage gpt.vhd azure.vhd -For Azure -Verify
        (Get-VpcImage azure.vhd).Size | Should -Be 64MB
        $result = Invoke-Recorded 'Get-VpcPartition azure.vhd'
        $result.Warnings | Should -BeNullOrEmpty
        $result.Output.FileSystem | Should -Be @('FAT16', '')
        Convert-VpcImage gpt.vhd kept.vhd -For Azure -Verify -KeepPartitionTable
        (Invoke-Recorded 'Get-VpcPartition kept.vhd').Warnings | Should -Not -BeNullOrEmpty
    }

    It 'moves it in place too' {
        Convert-VpcImage gpt.img -SourceFormat Raw -InPlace -For Azure
        (Get-VpcImage gpt.img).Size | Should -Be 64MB
        (Invoke-Recorded 'Get-VpcPartition gpt.img').Warnings | Should -BeNullOrEmpty
    }
}
