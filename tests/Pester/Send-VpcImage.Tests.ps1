BeforeDiscovery {
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $script:isMissing = -not (Find-Azurite) -and $env:VHDPS_REQUIRE_PEERS -ne 1
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $common = @{ ErrorVariable = 'problem'; ErrorAction = 'SilentlyContinue' }
}

Describe 'Send-VpcImage without a target' {
    BeforeAll {
        $null = Enter-Folder
        $saved = $env:VHDPS_SAS
        $env:VHDPS_SAS = $null
    }
    AfterAll {
        $env:VHDPS_SAS = $saved
        Pop-Location
    }

    It 'tells beforehand how large a managed disk is to be' {
        $null = New-FilledImage disk.vhd 30GB 3MB
        $plan = Send-VpcImage disk.vhd -WhatIf
        $plan.UploadSizeBytes | Should -Be (30GB + 512)
        $plan.DataBytes | Should -Be 4MB
        $plan.Uri | Should -BeNullOrEmpty
        (New-VpcImage small.vhd -Size 1234567 | Send-VpcImage -WhatIf).UploadSizeBytes | Should -Be (20MB + 512)
    }

    It 'needs a URI to send' {
        $null = New-VpcImage none.vhd -Size 20MB
        Send-VpcImage none.vhd @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        "$($problem[0])" | Should -BeLike '*VHDPS_SAS*'
    }

    It 'says what is wrong with a URI and never repeats its query: <_>' -ForEach @(
        'nonsense?sig=secret', 'https://x.example.net/c/b?sv=1&si=secret', 'ftp://x/c/b?sig=secret', 'https://x.example.net/?sig=secret'
    ) {
        $value = $_
        $failure = { Send-VpcImage none.vhd -Uri $value } | Should -Throw -PassThru
        "$failure" | Should -Not -BeLike '*secret*'
    }
}

Describe 'Send-VpcImage' -Skip:$isMissing {
    BeforeAll { $server = Start-Azurite }
    AfterAll { Stop-Azurite $server }
    BeforeEach {
        $folder = Enter-Folder
        $sas = New-Sas $server
        $target = $sas -replace '\?.*'
    }
    AfterEach { Pop-Location }

    It 'sends the disk of a <Kind> as the fixed image that Azure takes' -ForEach @(
        @{ Kind = 'dynamic image'; Make = { $null = New-FilledImage disk.vhd 24MB 5MB } }
        @{ Kind = 'fixed image'; Make = { $null = New-FilledImage d.vhd 24MB 5MB; Convert-VpcImage d.vhd disk.vhd -VhdType Fixed } }
        @{
            Kind = 'chain'
            Make = {
                $null = New-FilledImage d.vhd 24MB 5MB
                $null = New-VpcImage disk.vhd -ParentPath d.vhd
                Write-VpcSector disk.vhd 8192 (Get-Pattern 4096)
            }
        }
    ) {
        . $Make
        $result = Send-VpcImage disk.vhd $sas -Verify
        $result.Uri | Should -BeExactly $target
        $result.Size | Should -Be 24MB
        $result.Hash | Should -Be (Get-VpcHash disk.vhd).Hash
        $result.SourceHash | Should -Be $result.Hash
        $result.SentBytes | Should -BeLessThan 7MB
        $result.SentBytes + $result.SkippedBytes | Should -Be (24MB + 512)
        Save-Blob $sas sent.vhd
        Test-VpcImage sent.vhd -For Azure -Quiet | Should -BeTrue
        (Get-VpcHash sent.vhd).Hash | Should -Be $result.Hash
        Get-ChildItem *.vhdps-* | Should -BeNullOrEmpty
    }

    It 'sends a VHDX with its parent, and warns where its sectors are not those of Azure' {
        $null = New-FilledImage d.vhd 24MB 5MB
        Convert-VpcImage d.vhd base.vhdx
        $null = New-VpcImage top.vhdx -ParentPath base.vhdx
        $result = Send-VpcImage top.vhdx $sas -Verify -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $result.Hash | Should -Be (Get-VpcHash d.vhd).Hash
        Save-Blob $sas sent.vhd
        (Get-VpcHash sent.vhd).Hash | Should -Be $result.Hash
        Test-VpcImage sent.vhd -For Azure -Quiet | Should -BeTrue
        $null = New-VpcImage large.vhdx 24MB -LogicalSectorSize 4096
        $plan = Send-VpcImage large.vhdx -WhatIf -WarningVariable warnings -WarningAction SilentlyContinue
        $plan.UploadSizeBytes | Should -Be (24MB + 512)
        $warnings[0] | Should -BeLike '*sectors of 4096 bytes*512*'
    }

    It 'grows a raw disk to whole MiB, and then the source has another hash' {
        $null = Write-RawDisk disk.img (20MB + 512)
        $result = Send-VpcImage disk.img $sas -SourceFormat Raw -Verify
        $result.Size | Should -Be 21MB
        $result.SourceHash | Should -BeNullOrEmpty
        Save-Blob $sas sent.vhd
        (Get-VpcHash sent.vhd).Hash | Should -Be $result.Hash
        Compare-VpcImage sent.vhd disk.img -DifferenceFormat Raw -WarningAction Ignore | Should -BeNullOrEmpty
    }

    It 'moves the backup of a GPT to the end of what is sent, and leaves out free space' {
        . (Join-Path $PSScriptRoot PartitionBytes.ps1)
        Write-GptDisk disk.img 64MB
        # The end of the partition is free.
        $stream = [IO.File]::OpenWrite((Convert-Path disk.img))
        $stream.Position = 2048 * 512 + 12MB
        $stream.Write([byte[]](Get-Pattern 1MB), 0, 1MB)
        $stream.SetLength(64MB + 512)
        $stream.Close()
        $plan = Send-VpcImage disk.img -SourceFormat Raw -FreeSpace -WhatIf
        $plan.FreeSpace[0].IsCleared | Should -BeTrue
        $plan.FreeSpace[0].Size | Should -BeGreaterThan 10MB
        $result = Send-VpcImage disk.img $sas -SourceFormat Raw -FreeSpace -Verify
        $result.FreeSpace[0].FileSystem | Should -BeLike 'FAT*'
        $result.SentBytes | Should -BeLessThan 1MB
        Save-Blob $sas sent.vhd
        (Get-VpcHash sent.vhd).Hash | Should -Be $result.Hash
        (Test-VpcImage sent.vhd -Full -For Azure).Findings.Where{ $_.Severity -ne 'Note' } | Should -BeNullOrEmpty
        $kept = New-Sas $server
        $null = Send-VpcImage disk.img $kept -SourceFormat Raw -KeepPartitionTable -Verify
        Save-Blob $kept kept.vhd
        (Test-VpcImage kept.vhd -Full).Findings.Code | Should -Contain 'PartitionTableUnusual'
    }

    It 'takes the URI as <_>' -ForEach 'a Uri', 'a SecureString', 'the environment' {
        $null = New-FilledImage disk.vhd 20MB 1MB
        switch ($_) {
            'a Uri' { $result = Send-VpcImage disk.vhd ([uri]$sas) }
            'a SecureString' { $result = Send-VpcImage disk.vhd (ConvertTo-SecureString $sas -AsPlainText) }
            default {
                $env:VHDPS_SAS = $sas
                $result = Send-VpcImage disk.vhd
                $env:VHDPS_SAS = $null
            }
        }

        $result.Uri | Should -BeExactly $target
    }

    It 'leaves an existing blob alone, and clears what is zero when it overwrites it' {
        $null = New-FilledImage full.vhd 30MB 30MB 2
        $null = Send-VpcImage full.vhd $sas
        $null = New-FilledImage disk.vhd 24MB 1MB
        Send-VpcImage disk.vhd $sas @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BlobExists,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ResourceExists'
        $result = Send-VpcImage disk.vhd $sas -Force
        $result.SentBytes | Should -BeLessThan 3MB
        Save-Blob $sas sent.vhd
        (Get-VpcHash sent.vhd).Hash | Should -Be (Get-VpcHash disk.vhd).Hash
    }

    It 'refuses a second sender to a blob' {
        $first = New-FilledImage first.vhd 40MB 40MB
        $null = New-FilledImage second.vhd 20MB 1MB
        $sender = Start-Script "Send-VpcImage '$first' '$sas' -ThrottleLimit 1 -StatePath state.txt" first
        Wait-Growth state.txt $sender
        Send-VpcImage second.vhd $sas -Force @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BlobInUse,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ResourceBusy'
        $problem = $null
        Send-VpcImage first.vhd $sas -StatePath state.txt @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BlobInUse,*'
        $sender.WaitForExit()
        Save-Blob $sas sent.vhd
        (Get-VpcHash sent.vhd).Hash | Should -Be (Get-VpcHash first.vhd).Hash
    }

    It 'goes on with a new SAS where it was killed' {
        $path = New-FilledImage disk.vhd 64MB 48MB
        $sender = Start-Script "Send-VpcImage '$path' '$sas' -ThrottleLimit 1 -StatePath state.txt" killed
        Wait-Growth state.txt $sender
        $sender.Kill()
        $sender.WaitForExit()
        Save-Blob $sas half.vhd
        { Get-VpcImage half.vhd -ErrorAction Stop } | Should -Throw -Because 'half a disk never looks whole'
        Get-Content state.txt -Raw | Should -Not -Match 'sig|sv='

        $result = Send-VpcImage disk.vhd (New-Sas $server ($target -replace '.*/')) -StatePath state.txt
        $result.ResumedBytes | Should -BeGreaterThan 0
        $result.SentBytes | Should -BeLessThan 48MB
        Test-Path state.txt | Should -BeFalse
        Save-Blob $sas sent.vhd
        (Get-VpcHash sent.vhd).Hash | Should -Be (Get-VpcHash disk.vhd).Hash
        Test-VpcImage sent.vhd -For Azure -Quiet | Should -BeTrue
    }

    It 'says that a SAS has expired' {
        $null = New-FilledImage disk.vhd 20MB 1MB
        Send-VpcImage disk.vhd (New-Sas $server -Lifetime -00:10) @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BlobAccessDenied,*'
        $problem[0].CategoryInfo.Category | Should -Be 'PermissionDenied'
        "$($problem[0])" | Should -BeLike '*the SAS expired at*'
        $problem[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'shows the SAS nowhere' {
        $null = New-FilledImage disk.vhd 20MB 6MB
        $secret = [regex]::Match($sas, 'sig=([^&]+)').Groups[1].Value
        $all = @(
            Send-VpcImage disk.vhd $sas -Verify -Verbose -Debug -WhatIf *>&1
            Send-VpcImage disk.vhd $sas -Verify -Verbose -Debug *>&1
            Send-VpcImage disk.vhd $sas -Verbose -ErrorAction Continue *>&1
            Send-VpcImage disk.vhd (New-Sas $server -Lifetime -00:10) -Verbose -ErrorAction Continue *>&1
        )
        $text = ($all | Out-String -Width 4000) + ($all | Format-List * -Force | Out-String -Width 4000) +
            ($all | ConvertTo-Json -Depth 3 -WarningAction Ignore)
        $text | Should -BeLike "*$target*"
        $text | Should -Not -BeLike "*$secret*"
        $text | Should -Not -BeLike "*$([uri]::UnescapeDataString($secret))*"
        $text | Should -Not -Match 'sig='
    }

    It 'shows the SAS in no progress, in no result of a job and in no object of an error' {
        $path = New-FilledImage disk.vhd 64MB 48MB
        $module = (Get-Module VhdPS).Path
        $shell = [powershell]::Create().AddScript({
            param($module, $path, $sas, $expired)
            Import-Module $module
            Send-VpcImage $path $sas -ThrottleLimit 1 -Verify
            Send-VpcImage $path $expired
        }).AddArgument($module).AddArgument($path).AddArgument($sas).AddArgument((New-Sas $server -Lifetime -00:10))
        $output = $shell.Invoke()
        $output | Should -HaveCount 1
        $shell.Streams.Progress.Count | Should -BeGreaterThan 0
        $shell.Streams.Error | Should -HaveCount 1
        $job = Send-VpcImage $path $sas -Force -AsJob
        $null = $job | Wait-Job
        $sent = $job | Receive-Job
        $sent.Uri | Should -BeExactly $target
        $text = ($output, $sent, $job, $shell.Streams.Error[0], $shell.Streams.Error[0].Exception, $shell.Streams.Error[0].TargetObject +
            $shell.Streams.Progress | Format-List * -Force | Out-String -Width 4000)
        $text | Should -BeLike "*$target*"
        $text | Should -Not -BeLike "*$([regex]::Match($sas, 'sig=([^&]+)').Groups[1].Value)*"
        $text | Should -Not -Match 'sig='
        $shell.Dispose()
        $job | Remove-Job
    }

    It 'changes nothing with -WhatIf' {
        $null = New-FilledImage disk.vhd 20MB 1MB
        $before = Get-FolderState
        $plan = Send-VpcImage disk.vhd $sas -WhatIf
        $plan.DataBytes | Should -Be 2MB
        $plan.Requests | Should -BeGreaterThan 0
        { Save-Blob $sas none.vhd } | Should -Throw
        Get-FolderState | Should -Be $before
    }

    It 'never guesses: a raw disk is no image' {
        $null = Write-RawDisk disk.img 20MB
        Send-VpcImage disk.img $sas @common
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidData'
        { Save-Blob $sas none.vhd } | Should -Throw
    }
}
