BeforeDiscovery {
    # A file system of its own needs a root user.
    $script:canMount = $IsLinux -and (id -u) -eq 0 -and (Get-Command mount -ErrorAction Ignore)

    # Each command that writes, with what it makes or changes in the folder; the sources lie beside it.
    $script:makes = @(
        @{ Call = 'New-VpcImage $Folder/new.vhd -Size 2040GB'; Target = 'new.vhd' }
        @{ Call = 'New-VpcImage $Folder/new.vhd -Size 8MB -VhdType Fixed'; Target = 'new.vhd' }
        @{ Call = 'New-VpcImage $Folder/new.vhdx -Size 8GB'; Target = 'new.vhdx' }
        @{ Call = 'New-VpcImage $Folder/new.vhd -ParentPath source.vhd'; Target = 'new.vhd' }
        @{ Call = 'Convert-VpcImage source.vhd $Folder/new.vhd'; Target = 'new.vhd' }
        @{ Call = 'Convert-VpcImage source.vhd $Folder/new.vhd -VhdType Fixed'; Target = 'new.vhd' }
        @{ Call = 'Convert-VpcImage source.vhd $Folder/new.vhdx'; Target = 'new.vhdx' }
        @{ Call = 'Convert-VpcImage source.vhd $Folder/new.raw'; Target = 'new.raw' }
        @{ Call = 'Merge-VpcImage child.vhd -DestinationPath $Folder/new.vhd'; Target = 'new.vhd' }
        @{ Call = 'Show-VpcMap source.vhd -OutFile $Folder/new.svg'; Target = 'new.svg' }
    )
    $script:changes = @(
        @{ Call = 'New-VpcImage $Folder/d.vhd -Size 2040GB -Force'; Target = 'd.vhd' }
        @{ Call = 'Convert-VpcImage source.vhd $Folder/d.vhd -Force'; Target = 'd.vhd' }
        @{ Call = 'Optimize-VpcImage $Folder/d.vhd'; Target = 'd.vhd' }
        @{ Call = 'Optimize-VpcImage $Folder/d.vhdx'; Target = 'd.vhdx' }
        @{ Call = 'Resize-VpcImage $Folder/d.vhd 2000GB'; Target = 'd.vhd' }
        @{ Call = 'Resize-VpcImage $Folder/fixed.vhd 400MB'; Target = 'fixed.vhd' }
        @{ Call = 'Write-VpcSector $Folder/d.vhd 8192 ([byte[]](, 3 * 2MB))'; Target = 'd.vhd' }
        @{ Call = 'Repair-VpcImage $Folder/hurt.vhd -Confirm:$false'; Target = 'hurt.vhd' }
        @{ Call = 'Undo-VpcRepair $Folder/healed.vhd -Confirm:$false'; Target = 'healed.vhd' }
        @{ Call = 'Merge-VpcImage $Folder/child.vhd'; Target = '(child|d)\.vhd' }
        @{ Call = 'Set-VpcImage $Folder/d.vhd -CreatorApplication test'; Target = 'd.vhd' }
        @{ Call = 'Set-VpcImage $Folder/child.vhd -ParentPath $Folder/d.vhd -IgnoreIdMismatch'; Target = '(child|d)\.vhd' }
        @{ Call = 'Convert-VpcImage $Folder/fixed.vhd -InPlace'; Target = 'fixed.vhd' }
    )
    # What fails by itself where nothing can be made new, and what leaves no trace where it fits.
    $script:isNoFileNeeded = 'Set-VpcImage', 'Write-VpcSector', 'Undo-VpcRepair', 'Convert-VpcImage $Folder/fixed', 'Resize-VpcImage',
        'Merge-VpcImage $Folder'
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)

    function Write-Source {
        $null = New-VpcImage source.vhd -Size 8MB
        Write-VpcSector source.vhd 0 (Get-Pattern 4MB)
        $null = New-VpcImage child.vhd -ParentPath source.vhd
    }

    function Write-Target([string] $Folder) {
        Push-Location $Folder
        $null = New-VpcImage d.vhd -Size 16MB
        Write-VpcSector d.vhd 0 ([byte[]](, 7 * 512))
        $null = New-VpcImage d.vhdx -Size 8MB
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $null = New-VpcImage fixed.vhd -Size 1MB -VhdType Fixed -WarningAction Ignore
        $null = 'hurt.vhd', 'healed.vhd' | New-VpcImage -Size 8MB
        'hurt.vhd', 'healed.vhd' | ForEach-Object { Edit-Byte $_ -100 }
        $null = Repair-VpcImage healed.vhd -Confirm:$false
        Pop-Location
    }

    # Runs a call that fails, and judges all that it says: the target is named, and no file that only the program knows.
    function Assert-Message([string] $Call, [string] $Target, [string] $Folder) {
        $said = Invoke-Recorded $Call
        $said.Errors.Count | Should -BeGreaterThan 0
        foreach ($record in $said.Errors) {
            "$record" | Should -Match $Target
            $record.CategoryInfo.Category | Should -Not -Be 'NotSpecified'
        }
        $texts = @($said.Errors | ForEach-Object { "$_", $_.Exception.Message, "$($_.TargetObject)", $_.ErrorDetails.RecommendedAction }) +
            $said.Warnings
        $texts | Where-Object { $_ -match '\.vhdps-|\.tmp\b|Exception' } | Should -BeNullOrEmpty
        Get-ChildItem -LiteralPath $Folder -Force -ErrorAction Ignore | Where-Object Name -Match '\.tmp$|\.vhdps-' | Should -BeNullOrEmpty
    }
}

Describe 'the message of a command that cannot write' {
    BeforeEach {
        $null = Enter-Folder
        Write-Source
        $Folder = Join-Path $PWD target
    }
    AfterEach { Pop-Location }

    It 'names what it was to make where the folder is missing: <Call>' -ForEach $makes {
        Assert-Message $Call "target'|$Target" $Folder
    }

    It 'names what it was to make where there is a folder of that name: <Call>' -ForEach @(
        $makes | Where-Object Call -Like 'New-*'
        # These take a folder for the place of the file.
        @{ Call = 'Convert-VpcImage source.vhd $Folder'; Target = 'source.vhd' }
        @{ Call = 'Convert-VpcImage source.vhd $Folder -Force'; Target = 'source.vhd' }
        @{ Call = 'Merge-VpcImage child.vhd -DestinationPath $Folder'; Target = 'child.vhd' }
    ) {
        $null = New-Item -ItemType Directory $Folder/$Target
        Assert-Message $Call $Target $Folder
    }

    It 'names what it was to change where another has it open: <Call>' -ForEach $changes {
        $null = New-Item -ItemType Directory $Folder
        Write-Target $Folder
        $locked = @(Get-ChildItem $Folder -File | Where-Object Name -Match "^$($Target)$" | ForEach-Object {
            [IO.FileStream]::new($_.FullName, 'Open', 'ReadWrite', 'None')
        })
        try { Assert-Message $Call $Target $Folder }
        finally { $locked.Dispose() }
    }
}

Describe 'the message of a command on a small volume' -Skip:(-not $canMount) {
    BeforeEach {
        $null = Enter-Folder
        Write-Source
        $Folder = (New-Item -ItemType Directory small).FullName
    }
    AfterEach {
        umount $Folder
        Pop-Location
    }

    It 'names what it was to make where nothing can be written: <Call>' -ForEach $makes {
        mount -t tmpfs -o ro none $Folder
        Assert-Message $Call $Target $Folder
    }

    It 'names what it was to change where nothing can be written: <Call>' -ForEach $changes {
        mount -t tmpfs none $Folder
        Write-Target $Folder
        mount -o remount,ro $Folder
        Assert-Message $Call $Target $Folder
    }

    It 'names what it was to make where there is no more space: <Call>' -ForEach @(
        # A file of zeros takes none.
        $makes | Where-Object Call -NotLike 'New-*Fixed'
    ) {
        mount -t tmpfs -o size=4k none $Folder
        if ($Call -like 'Show-*' -or $Call -like '*ParentPath*') { [IO.File]::WriteAllBytes("$Folder/filler", [byte[]]::new(4096)) }
        Assert-Message $Call $Target $Folder
    }

    It 'names what it was to make where there can be no more files: <Call>' -ForEach $makes {
        mount -t tmpfs -o nr_inodes=1 none $Folder
        Assert-Message $Call $Target $Folder
    }

    It 'names what it was to change where there can be no more files: <Call>' -ForEach @(
        $changes | Where-Object { $call = $_.Call; -not ($isNoFileNeeded | Where-Object { $call.StartsWith($_) }) }
    ) {
        mount -t tmpfs -o nr_inodes=8 none $Folder
        Write-Target $Folder
        # The root of the file system is one of them.
        (Get-ChildItem $Folder -Force).Count | Should -Be 7
        Assert-Message $Call $Target $Folder
    }

    It 'names what it was to change where there is no more space: <Call>' -ForEach @(
        $changes | Where-Object Call -NotMatch '^(Set|Undo|Merge)-|-InPlace'
    ) {
        mount -t tmpfs -o size=16m none $Folder
        Write-Target $Folder
        $filler = [IO.File]::Create("$Folder/filler")
        try { while ($true) { $filler.Write([byte[]]::new(4096)); $filler.Flush() } } catch [IO.IOException] { $null = $_ }
        $filler.Dispose()
        Assert-Message $Call $Target $Folder
    }
}
