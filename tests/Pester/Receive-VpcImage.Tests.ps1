BeforeDiscovery {
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $script:isMissing = -not (Find-Azurite) -and $env:VHDPS_REQUIRE_PEERS -ne 1
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $common = @{ ErrorVariable = 'problem'; ErrorAction = 'SilentlyContinue' }
}

Describe 'Receive-VpcImage' -Skip:$isMissing {
    BeforeAll {
        $server = Start-Azurite
        $null = Enter-Folder
        $source = New-FilledImage source.vhd 24MB 5MB
        $hash = (Get-VpcHash source.vhd).Hash
        $sas = New-Sas $server 'whole disk.vhd'
        $null = Send-VpcImage source.vhd $sas
        Pop-Location
    }
    AfterAll { Stop-Azurite $server }
    BeforeEach { $folder = Enter-Folder }
    AfterEach { Pop-Location }

    It 'makes a <_> disk of the pages that there are' -ForEach 'Dynamic', 'Fixed', 'Raw' {
        $result = Receive-VpcImage $sas d.vhd -VhdType $_
        $result.Hash | Should -Be $hash
        $result.Size | Should -Be 24MB
        $result.ReceivedBytes | Should -BeLessThan 6MB
        $result.Uri | Should -BeExactly ($sas -replace '\?.*' -replace ' ', '%20')
        if ($_ -eq 'Raw') {
            (Get-FileHash d.vhd).Hash | Should -Be $hash
        }
        else {
            (Get-VpcImage d.vhd).VhdType | Should -Be $_
            (Get-VpcHash d.vhd).Hash | Should -Be $hash
            Test-VpcImage d.vhd -Full -Quiet | Should -BeTrue
        }

        (Get-ChildItem -Force).Name | Sort-Object | Should -Be @('d.vhd', 'd.vhd.azure.json')
        Get-Content d.vhd.azure.json -Raw | Should -Not -Match 'sig|sv='
        (Get-Content d.vhd.azure.json | ConvertFrom-Json).Sha256 | Should -Be $hash
    }

    It 'makes a VHDX where the name says so: <_>' -ForEach 'Dynamic', 'Fixed' {
        $result = Receive-VpcImage $sas d.vhdx -VhdType $_ -RateLimit 1GB
        $result.Hash | Should -Be $hash
        $image = Get-VpcImage d.vhdx
        $image.VhdFormat | Should -Be 'Vhdx'
        $image.VhdType | Should -Be $_
        (Get-VpcHash d.vhdx).Hash | Should -Be $hash
        Test-VpcImage d.vhdx -Full -Quiet | Should -BeTrue
        (Get-ChildItem -Force).Name | Sort-Object | Should -Be @('d.vhdx', 'd.vhdx.azure.json')
    }

    It 'takes the previous snapshot as <_>' -ForEach 'a time', 'a Uri', 'a SecureString' {
        $nightly = New-Sas $server -Account
        $null = Send-VpcImage $source $nightly
        $monday = "$nightly&snapshot=$([uri]::EscapeDataString(($time = New-BlobSnapshot $nightly)))"
        $null = Receive-VpcImage $monday monday.vhd
        $previous = switch ($_) {
            'a time' { $time }
            'a Uri' { [uri]$monday }
            default { ConvertTo-SecureString $monday -AsPlainText }
        }
        $plan = Receive-VpcImage $nightly tuesday.vhd -ParentPath monday.vhd -PreviousSnapshot $previous -WhatIf
        $plan.PreviousSnapshot | Should -Be $time
    }

    It 'names the file as the blob where only a folder is given' {
        (Receive-VpcImage $sas).Path | Should -Be (Join-Path $folder 'whole disk.vhd')
        $null = New-Item -ItemType Directory deeper
        (Receive-VpcImage $sas deeper -VhdType Raw).Path | Should -Be (Join-Path $folder deeper 'whole disk.raw')
    }

    It 'never overwrites without -Force' {
        'mine' | Set-Content d.vhd
        Receive-VpcImage $sas d.vhd @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TargetExists,*'
        Get-Content d.vhd | Should -Be 'mine'
        (Receive-VpcImage $sas d.vhd -Force).Hash | Should -Be $hash
    }

    It 'changes nothing with -WhatIf' {
        $plan = Receive-VpcImage $sas d.vhd -WhatIf
        $plan.DataBytes | Should -BeGreaterOrEqual 5MB
        $plan.ImagePath | Should -Be (Join-Path (Get-Location).ProviderPath d.vhd)
        $plan.PSObject.Properties.Name | Should -Not -Contain Path
        $plan.PSObject.Properties.Name | Should -Not -Contain PSPath
        Get-ChildItem -Force | Should -BeNullOrEmpty
    }

    It 'goes on where it was killed' {
        $path = New-FilledImage large.vhd 128MB 112MB
        $large = New-Sas $server
        $null = Send-VpcImage large.vhd $large
        $receiver = Start-Script "Receive-VpcImage '$large' d.vhd -ThrottleLimit 1" killed
        Wait-Growth d.vhd.vhdps-receive $receiver
        $receiver.Kill()
        $receiver.WaitForExit()
        Test-Path d.vhd | Should -BeFalse
        $result = Receive-VpcImage $large d.vhd
        $result.ResumedBytes | Should -BeGreaterThan 0
        $result.ReceivedBytes | Should -BeLessThan 112MB
        $result.Hash | Should -Be (Get-VpcHash large.vhd).Hash
        Test-VpcImage d.vhd -Full -Quiet | Should -BeTrue
        Get-ChildItem *.vhdps-* | Should -BeNullOrEmpty
    }

    It 'makes a child of the image that was received from the previous snapshot' {
        # Azurite's difference is all pages that there are, so only that the chain reads as the blob is shown here; of snapshots it
        # lets no signature of a container read.
        $nightly = New-Sas $server -Account
        $disk = New-FilledImage disk.vhd 20MB 2MB 5
        $null = Send-VpcImage disk.vhd $nightly
        $monday = New-BlobSnapshot $nightly
        $null = Receive-VpcImage "$nightly&snapshot=$([uri]::EscapeDataString($monday))" monday.vhd
        Write-VpcSector disk.vhd 1000 (Get-Pattern 4096)
        $null = Send-VpcImage disk.vhd $nightly -Force
        $tuesday = New-BlobSnapshot $nightly
        $result = Receive-VpcImage "$nightly&snapshot=$([uri]::EscapeDataString($tuesday))" tuesday.vhd -ParentPath monday.vhd
        $result.PreviousSnapshot | Should -Be $monday
        $result.Hash | Should -Be (Get-VpcHash disk.vhd).Hash
        (Get-VpcImage tuesday.vhd).VhdType | Should -Be 'Differencing'
        (Get-VpcChain tuesday.vhd).Path | Should -Be @((Join-Path $folder tuesday.vhd), (Join-Path $folder monday.vhd))
        Test-VpcImage tuesday.vhd -Quiet | Should -BeTrue

        Receive-VpcImage $nightly wrong.vhd -ParentPath tuesday.vhd -PreviousSnapshot $monday @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TransferRecordDiffers,*'
        Merge-VpcImage tuesday.vhd
        (Get-VpcHash monday.vhd).Hash | Should -Be $result.Hash
    }

    It 'refuses what is no disk' {
        $null = Write-RawDisk text.bin 20MB
        $blob = New-Sas $server
        $headers = @{ 'x-ms-blob-type' = 'BlockBlob'; 'x-ms-version' = '2021-12-02' }
        $null = Invoke-WebRequest -Method Put -Uri $blob -InFile text.bin -Headers $headers
        Receive-VpcImage $blob d.vhd @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BlobUnsuitable,*'
        $problem = $null
        Receive-VpcImage (New-Sas $server) d.vhd @common
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BlobNotFound,*'
        Test-Path d.vhd* | Should -BeFalse
    }

    It 'shows the SAS nowhere' {
        $secret = [regex]::Match($sas, 'sig=([^&]+)').Groups[1].Value
        $all = @(
            Receive-VpcImage $sas d.vhd -Verbose -Debug -WhatIf *>&1
            Receive-VpcImage $sas d.vhd -Verbose -Debug *>&1
            Receive-VpcImage $sas d.vhd -Verbose -ErrorAction Continue *>&1
        )
        $text = ($all | Out-String -Width 4000) + ($all | Format-List * -Force | Out-String -Width 4000)
        $text | Should -Not -BeLike "*$secret*"
        $text | Should -Not -Match 'sig='
    }
}
