BeforeDiscovery {
    # Each cmdlet that opens an image for writing, or in place of it reads it.
    $script:cmdlets = @(
        @{ Command = { Get-VpcImage d.vhd @common } }
        @{ Command = { Test-VpcImage d.vhd @common } }
        @{ Command = { Read-VpcSector d.vhd 0 @common } }
        @{ Command = { Write-VpcSector d.vhd 0 ([byte[]](, 1 * 512)) @common } }
        @{ Command = { Set-VpcImage d.vhd -CreatorApplication test @common } }
        @{ Command = { Resize-VpcImage d.vhd 30MB @common } }
        @{ Command = { Optimize-VpcImage d.vhd @common } }
        @{ Command = { Repair-VpcImage d.vhd @common } }
        @{ Command = { Convert-VpcImage d.vhd new.vhd @common } }
        @{ Command = { Convert-VpcImage e.vhd d.vhd -Force @common } }
        @{ Command = { New-VpcImage d.vhd -Size 1MB -Force @common } }
        @{ Command = { New-VpcImage child.vhd -ParentPath d.vhd @common } }
        @{ Command = { Merge-VpcImage c.vhd @common } }
        @{ Command = { Compare-VpcImage e.vhd d.vhd @common } }
    )
    # What a root user cannot be kept from by permissions.
    $script:isRoot = -not $IsWindows -and (id -u) -eq 0
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    $common = @{ ErrorVariable = 'problem'; ErrorAction = 'SilentlyContinue' }
}

Describe 'errors' {
    BeforeEach {
        $folder = Enter-Folder
        $null = 'd.vhd', 'e.vhd' | New-VpcImage -Size 10MB
        $null = New-VpcImage c.vhd -ParentPath d.vhd
        Edit-Byte d.vhd -100
        $before = Get-FolderState
        $problem = $null
    }
    AfterEach { Pop-Location }

    It 'leaves a file that another has open alone: <Command>' -ForEach $cmdlets {
        $lock = [IO.FileStream]::new((Join-Path $folder d.vhd), 'Open', 'ReadWrite', 'None')
        try {
            . $Command | Should -BeNullOrEmpty
        }
        finally {
            $lock.Dispose()
        }

        $problem | Should -HaveCount 1
        $problem[0].CategoryInfo.Category | Should -Be 'ResourceBusy'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ImageInUse,VhdPS.Commands.*'
        "$($problem[0])" | Should -BeLike '*d.vhd*'
        Get-FolderState | Should -Be $before
    }

    It 'reads a file that another reads' {
        $reader = [IO.FileStream]::new((Join-Path $folder e.vhd), 'Open', 'Read', 'Read')
        try {
            (Get-VpcImage e.vhd).Size | Should -Be 10MB
            Write-VpcSector e.vhd 0 ([byte[]](, 1 * 512)) @common
            New-VpcImage e.vhd -Size 2MB -Force -ErrorVariable +problem -ErrorAction SilentlyContinue
        }
        finally {
            $reader.Dispose()
        }

        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ImageInUse,*' -Because 'a reader must not see half a change'
        $problem[1].FullyQualifiedErrorId | Should -BeLike 'ImageInUse,*' -Because 'a reader must not lose its image'
        Get-FolderState | Should -Be $before
    }

    It 'reads a read-only file and leaves it as it is' -Tag ReadOnlyFile -Skip:$isRoot {
        Set-ItemProperty e.vhd IsReadOnly $true
        (Get-VpcImage e.vhd).Size | Should -Be 10MB
        Write-VpcSector e.vhd 0 ([byte[]](, 1 * 512)) @common
        $problem[0].CategoryInfo.Category | Should -Be 'PermissionDenied'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'AccessDenied,*'
        Get-FolderState | Should -Be $before
        Set-ItemProperty e.vhd IsReadOnly $false
    }

    It 'has an id, a category, the file and advice, and clears the way for the next' {
        $results = 'x.vhd', 'e.vhd' | Get-VpcImage @common
        $? | Should -BeFalse
        $results.Path | Should -Be (Join-Path $folder e.vhd)
        $problem[0].FullyQualifiedErrorId | Should -Be 'PathNotFound,VhdPS.Commands.GetVpcImageCommand'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $problem[0].TargetObject | Should -Be 'x.vhd'
        $problem[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $null = Get-VpcImage e.vhd
        $? | Should -BeTrue
    }

    It 'ends a script with -ErrorAction Stop, where try catches it' {
        $reached = $false
        try {
            'x.vhd', 'e.vhd' | Get-VpcImage -ErrorAction Stop
            $reached = $true
        }
        catch {
            $_.Exception | Should -BeOfType ([Management.Automation.ItemNotFoundException])
        }

        $reached | Should -BeFalse
    }

    It 'goes by $ErrorActionPreference and -ErrorAction Ignore' {
        $ErrorActionPreference = 'Stop'
        { Get-VpcImage x.vhd } | Should -Throw
        $count = $Error.Count
        Get-VpcImage x.vhd -ErrorAction Ignore | Should -BeNullOrEmpty
        $Error.Count | Should -Be $count
    }

    It 'names the fault of a damaged file by its code' {
        Edit-Byte e.vhd 612
        Get-VpcImage e.vhd @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'HeaderChecksumMismatch,*'
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidData'
        "$($problem[0])" | Should -Match 'offset \d+.*0x[0-9A-F]{8}.*0x[0-9A-F]{8}'
    }

    It 'keeps warnings and verbose text apart from output' {
        $output = Get-VpcImage d.vhd -WarningVariable warnings -WarningAction SilentlyContinue
        $output | Should -HaveCount 1
        $warnings | Should -HaveCount 1
        Resize-VpcImage e.vhd 10MB -Verbose 4>&1 | Should -BeOfType ([Management.Automation.VerboseRecord])
    }

    It 'are one for each bad file among good ones: <_>' -ForEach 'Get-VpcImage', 'Get-VpcFooter', 'Test-VpcChecksum' {
        'x' * 2000 | Set-Content bad.vhd
        $null = New-VpcImage good.vhd -Size 5MB -VhdType Fixed
        $result = Invoke-Recorded "'e.vhd', 'bad.vhd', 'missing.vhd', 'good.vhd' | $_"
        $result.Output | Should -HaveCount 2
        $result.Errors | ForEach-Object { $_.CategoryInfo.Category } | Should -Be @('InvalidData', 'ObjectNotFound')
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'NotVhd,*'
        $result.Errors[0].TargetObject | Should -Be (Join-Path $folder bad.vhd)
        "$($result.Errors[0])" | Should -BeLike '*conectix*'
        $result.Errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'are of a category that says what the path is: <Call>' -ForEach @(
        @{ Call = 'Get-VpcImage .'; Category = 'InvalidType' }
        @{ Call = 'Get-VpcImage Env:PATH'; Category = 'InvalidArgument' }
        @{ Call = 'Get-VpcImage NoSuchDrive:/a.vhd'; Category = 'ObjectNotFound' }
    ) {
        $result = Invoke-Recorded $Call
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].CategoryInfo.Category | Should -Be $Category
    }
}

# What is no image is the same kind of answer everywhere: an error of one id, or, where the answer is a report, a report.
Describe 'a file that is no image' {
    BeforeAll {
        $null = Enter-Folder
        'some text' * 200 | Set-Content text.vhd -NoNewline
        $null = New-Item empty.vhd
        [IO.File]::WriteAllBytes((Join-Path $PWD short.vhd), [byte[]]::new(511))
        $null = New-Item -ItemType Directory folder.vhd
        if (-not $IsWindows) { mkfifo pipe.vhd }
        $null = New-VpcImage sound.vhd -Size 8MB
    }
    AfterAll { Pop-Location }

    It 'is named <Id> by <Call> of <File>' -ForEach @(
        $kinds = @(
            @{ File = 'text.vhd'; Id = 'NotVhd'; Category = 'InvalidData'; Type = 'VhdFormatException' }
            @{ File = 'short.vhd'; Id = 'NotVhd'; Category = 'InvalidData'; Type = 'VhdFormatException' }
            @{ File = 'empty.vhd'; Id = 'FileTooSmall'; Category = 'InvalidData'; Type = 'VhdFormatException' }
            @{ File = 'folder.vhd'; Id = 'NotRegularFile'; Category = 'InvalidType'; Type = 'VhdFormatException' }
            if (-not $IsWindows) { @{ File = 'pipe.vhd'; Id = 'NotRegularFile'; Category = 'InvalidType'; Type = 'VhdFormatException' } }
            @{ File = 'gone.vhd'; Id = 'PathNotFound'; Category = 'ObjectNotFound'; Type = 'ItemNotFoundException' }
        )
        $calls = @(
            'Get-VpcImage $File', 'Get-VpcFooter $File', 'Test-VpcChecksum $File', 'Test-VpcImage $File', 'Read-VpcSector $File 0'
            'Write-VpcSector $File 0 ([byte[]]::new(512))', 'Get-VpcBlock $File', 'Get-VpcChain $File', 'Show-VpcMap $File'
            'Get-VpcPartition $File', 'Get-VpcHash $File', 'Compare-VpcImage $File sound.vhd', 'Convert-VpcImage $File new.vhd'
            'Optimize-VpcImage $File', 'Resize-VpcImage $File 16MB', 'Merge-VpcImage $File -Confirm:$false'
            'Repair-VpcImage $File -Confirm:$false', 'Set-VpcImage $File -SavedState $false', 'New-VpcImage new.vhd -ParentPath $File'
            'Send-VpcImage $File -WhatIf', 'Start-VpcServer $File', 'Compare-VpcImage sound.vhd $File'
            'Receive-VpcImage http://127.0.0.1:1/a/disks/b.vhd?sig=none new.vhd -ParentPath $File'
        )
        foreach ($call in $calls) { foreach ($kind in $kinds) { $kind + @{ Call = $call } } }
        # What undoes a repair needs no image, but a file; and what it undoes with is a record of a repair, and not another file.
        foreach ($kind in $kinds | Where-Object Id -In NotRegularFile, PathNotFound) {
            $kind + @{ Call = 'Undo-VpcRepair $File -Confirm:$false' }
        }
        foreach ($kind in $kinds | Where-Object File -NE 'folder.vhd') {
            $undo = $kind.Clone()
            if ($undo.Category -eq 'InvalidData') { $undo.Id = 'UndoFileDamaged' }
            $undo + @{ Call = 'Undo-VpcRepair sound.vhd -UndoPath $File -Confirm:$false' }
        }
    ) {
        $before = Get-ChildItem -File | ForEach-Object { "$($_.Name) $($_.Length)" }
        $problem = @()
        $shown = @(. ([scriptblock]::Create("$Call -ErrorAction SilentlyContinue -ErrorVariable problem -WarningAction Ignore")))
        if (($Call -like 'Test-VpcImage*' -or $Call -like 'Repair-*') -and $Id -in 'NotVhd', 'FileTooSmall') {
            $shown[0].IsValid | Should -BeFalse
        }
        elseif (-not ($Call -like 'Get-VpcChain*' -and $File -eq 'folder.vhd')) {
            $problem[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $problem[0].CategoryInfo.Category | Should -Be $Category
            $problem[0].Exception.GetType().Name | Should -Be $Type
            "$($problem[0])" | Should -BeLike "*$File*"
        }
        Get-ChildItem -File | ForEach-Object { "$($_.Name) $($_.Length)" } | Should -Be $before
    }
}

Describe 'the advice of an error' {
    It 'names the command that failed' {
        $path = Join-Path $TestDrive blocks.vhd
        New-VpcImage $path -Size 8GB -BlockSize 512 -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike 'Get-Help New-VpcImage -Parameter `* *'
        Test-Path $path | Should -BeFalse
    }
}

# Every error of the engine becomes a record with an id, a category and the advice that the help has.
Describe 'the record of an error' {
    BeforeDiscovery {
        Import-Module (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1')
        $script:faults = [enum]::GetNames([VhdPS.Engine.Format.FaultCode])
    }

    BeforeAll {
        . (Join-Path $PSScriptRoot HelpPage.ps1)
        $help = Split-Section (Get-Document en-US/about_VpcErrors.md) '## '
        $records = (Get-Command Get-VpcImage).ImplementingType.Assembly.GetType('VhdPS.ErrorRecords')
        function New-Record([Exception] $Exception) { $records.GetMethod('TryMake').Invoke($null, @($Exception, 'a.vhd')) }
        function Get-Action([string] $Id) { ($help[$Id] -split 'What to do: ')[1].Trim() }
    }

    It 'of the fault <_> has its advice' -ForEach $faults {
        $finding = [VhdPS.Engine.Format.Finding]::new($_, 'File', $null, '', '', 'A sentence.')
        $record = New-Record ([VhdPS.Engine.Format.VhdFormatException]::new('a.vhd', $finding))
        $record.FullyQualifiedErrorId | Should -Be $_
        $record.ErrorDetails.RecommendedAction | Should -Be (Get-Action $_)
        $record.ErrorDetails.RecommendedAction | Should -Match '\.$'
    }

    It 'of any other error has a category, and the advice that the help has' {
        $others = @(
            [enum]::GetValues([VhdPS.Engine.Files.OperationError]) | ForEach-Object {
                [VhdPS.Engine.Files.VhdOperationException]::new('a.vhd', $_, 'no.')
            }
            [enum]::GetValues([VhdPS.Engine.Files.ImageIOOperation]) | ForEach-Object {
                [VhdPS.Engine.Files.ImageIOException]::new('a.vhd', $_, 0, [IO.IOException]::new('no'))
            }
            [VhdPS.Engine.Files.ImageInUseException]::new('a.vhd', $true)
            [IO.FileNotFoundException]::new()
            [IO.DirectoryNotFoundException]::new()
            [Management.Automation.ItemNotFoundException]::new()
            [UnauthorizedAccessException]::new()
            [IO.PathTooLongException]::new()
            [ArgumentException]::new()
            [Management.Automation.PSNotSupportedException]::new()
            [IO.IOException]::new()
        )
        foreach ($exception in $others) {
            $record = New-Record $exception
            $record.CategoryInfo.Category | Should -Not -Be 'NotSpecified'
            $id = $record.FullyQualifiedErrorId
            $record.ErrorDetails.RecommendedAction | Should -Be (Get-Action $id) -Because $id
        }
    }

    It 'is not made of a fault of the program' {
        New-Record ([InvalidOperationException]::new()) | Should -BeNullOrEmpty
    }
}
