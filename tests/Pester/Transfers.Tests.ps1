BeforeDiscovery {
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $script:isMissing = -not (Find-Azurite) -and $env:VHDPS_REQUIRE_PEERS -ne 1
    $docs = Join-Path $PSScriptRoot ../../docs

    # The lines at the prompts of a page's examples.
    $script:examples = foreach ($page in 'Send-VpcImage', 'Receive-VpcImage') {
        $text = Get-Content -Raw (Join-Path $docs en-US "$page.md")
        foreach ($match in [regex]::Matches($text, '(?s)### (Example \d: [^\n]+)\n```powershell\n(.*?)```')) {
            $lines = $match.Groups[2].Value -split '\n' -like 'PS> *' -replace '^PS> '
            @{ Page = $page; Title = $match.Groups[1].Value; Script = $lines -join "`n" }
        }
    }

    # The indented lines of the recipes that need a server.
    $cookbook = (Get-Content -Raw (Join-Path $docs cookbook.md)) -split '(?m)^## '
    $script:recipes = foreach ($recipe in $cookbook -match 'grant-access') {
        @{ Title = ($recipe -split '\n')[0]; Script = ($recipe -split '\n' -match '^    ' -replace '^    ') -join "`n" }
    }
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot Azurite.ps1)
}

Describe 'what the documents say of transfers' -Skip:$isMissing {
    BeforeAll { $server = Start-Azurite }
    AfterAll { Stop-Azurite $server }
    BeforeEach {
        $null = Enter-Folder
        $ErrorActionPreference = 'Stop'
        $null = New-FilledImage disk.vhd 64MB 1MB
        $null = New-Item -ItemType Directory chain
        $null = New-VpcImage chain/base.vhd -Size 32MB
        $null = New-VpcImage chain/top.vhd -ParentPath chain/base.vhd
        Write-VpcSector chain/top.vhd 0 (Get-Pattern 512)
        $null = Write-RawDisk guest.img 8MB
    }
    AfterEach { Pop-Location }

    It 'works as the example of <Page>: <Title>' -ForEach $examples {
        $sas = New-Sas $server -Account
        $sas | Set-Content sas.txt
        if ($Page -eq 'Receive-VpcImage') {
            $null = Send-VpcImage disk.vhd $sas
            foreach ($day in 'monday', 'tuesday') {
                "$sas&snapshot=$([uri]::EscapeDataString((New-BlobSnapshot $sas)))" | Set-Content "sas-$day.txt"
                Start-Sleep -Milliseconds 5
            }
        }

        $output = . ([scriptblock]::Create($Script))
        if ($Title -like '*read it back*') { $output | Should -BeTrue }
        $output | Should -Not -BeNullOrEmpty
    }

    It 'works as the recipe: <Title>' -ForEach $recipes {
        # A blob for each disk, and a snapshot of one for each snapshot.
        $disks = @{}
        function az {
            $group, $name = $args[[array]::IndexOf($args, '--resource-group') + 1], $args[[array]::IndexOf($args, '--name') + 1]
            $key = "$($args[0]) $group $name"
            switch ("$($args[0..1])") {
                'disk create' {
                    $args[[array]::IndexOf($args, '--upload-size-bytes') + 1] | Should -Be (64MB + 512)
                    $disks[$key] = New-Sas $server -Account
                }
                'snapshot create' {
                    $disk = $disks["disk $group disk"]
                    $disks[$key] = "$disk&snapshot=$([uri]::EscapeDataString((New-BlobSnapshot $disk)))"
                }
                { $_ -in 'disk grant-access', 'snapshot grant-access' } { $disks[$key] }
            }
        }
        if ($Title -notlike 'Send*') {
            $disks['disk images disk'] = New-Sas $server -Account
            $null = Send-VpcImage disk.vhd $disks['disk images disk']
        }

        . ([scriptblock]::Create($Script)) | Should -Not -BeNullOrEmpty
        $hash = (Get-VpcHash disk.vhd).Hash
        switch -Wildcard ($Title) {
            'Back up*' {
                (Get-VpcHash tuesday.vhd).Hash | Should -Be $hash
                (Get-VpcImage tuesday.vhd).ParentPath | Should -BeLike '*monday.vhd'
            }
            default {
                Save-Blob (Get-Variable sas, to -ValueOnly -ErrorAction Ignore | Select-Object -Last 1) sent.vhd
                (Get-VpcHash sent.vhd).Hash | Should -Be $hash
            }
        }
    }

    It 'is kept by what travels: <_>' -ForEach @(
        'Send-VpcImage disk.vhd -WhatIf', 'Send-VpcImage disk.vhd $sas -Verify'
        'Receive-VpcImage $sas got.vhd -WhatIf', 'Receive-VpcImage $sas got.vhd'
    ) {
        $sas = New-Sas $server
        if ($_ -like 'Receive*') { $null = Send-VpcImage disk.vhd $sas }
        $output = . ([scriptblock]::Create($_))
        $output | Export-Clixml out.xml
        $kept = Import-Clixml out.xml
        foreach ($property in $output.PSObject.Properties.Name) { "$($kept.$property)" | Should -Be "$($output.$property)" }
        ($output | Out-Shown).TrimEnd() -split '\n' | ForEach-Object { $_.TrimEnd().Length | Should -BeLessOrEqual 80 }
        $kept | Out-Shown | Should -Be ($output | Out-Shown)
        $output.GetType().FullName | Should -BeIn (Get-Command ($_ -split ' ')[0]).OutputType.Name
    }
}
