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
        }
        finally {
            $reader.Dispose()
        }

        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ImageInUse,*' -Because 'a reader must not see half a change'
        Get-FolderState | Should -Be $before
    }

    It 'reads a read-only file and leaves it as it is' -Skip:$isRoot {
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
}
