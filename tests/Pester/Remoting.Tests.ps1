BeforeDiscovery {
    # Each output of the module: what makes it, and a part of its view.
    $script:outputs = @(
        @{ Type = 'VpcImage'; Make = 'Get-VpcImage child.vhd'; View = 'Differencing +10 MiB .* child\.vhd' }
        @{ Type = 'VpcFooter'; Make = 'Get-VpcFooter base.vhd'; View = '(?m)^DiskType +: Dynamic' }
        @{ Type = 'VpcSector'; Make = 'Read-VpcSector base.vhd 0'; View = '00000000  00 01 02 03' }
        @{ Type = 'VpcBlock'; Make = 'Get-VpcBlock base.vhd -Allocated'; View = '1 +0 +2 MiB +Allocated' }
        @{ Type = 'VpcChain'; Make = 'Get-VpcChain child.vhd'; View = '└─ base\.vhd +Dynamic' }
        @{ Type = 'VpcMap'; Make = 'Show-VpcMap base.vhd'; View = 'base\.vhd: Dynamic, 10 MiB\s+1 of 5 blocks' }
        @{ Type = 'VpcHash'; Make = 'Get-VpcHash base.vhd'; View = '[0-9A-F]{64} base\.vhd' }
        @{ Type = 'VpcBlockHash'; Make = 'Get-VpcHash base.vhd -BlockManifest'; View = '0 [0-9A-F]{50}' }
        @{ Type = 'VpcPartition'; Make = 'Get-VpcPartition system.vhd'; View = '1 GPT +2048 +16 MiB +52 KiB FAT16 +Basic data' }
        @{ Type = 'VpcChecksumResult'; Make = 'Test-VpcChecksum base.vhd'; View = 'True +0x[0-9A-F]{8} ok +0x[0-9A-F]{8} ok .* base\.vhd' }
        @{ Type = 'VpcCheckResult'; Make = 'Test-VpcImage base.vhd -For Azure'; View = 'False +2 +0 +0 AzureTypeNotFixed +base\.vhd' }
        @{ Type = 'VpcDifference'; Make = 'Compare-VpcImage base.vhd empty.vhd'; View = '0 +1 +512 B +Both' }
        @{ Type = 'VpcStructureDifference'; Make = 'Compare-VpcImage base.vhd empty.vhd -Structure'; View = 'Footer +UniqueId' }
        @{ Type = 'VpcOptimizePlan'; Make = 'Optimize-VpcImage empty.vhd -WhatIf'; View = '0 -> 0 +empty\.vhd' }
        @{ Type = 'VpcRepairResult'; Make = 'Repair-VpcImage base.vhd'; View = 'True +0 +0 base\.vhd' }
    )
    $script:canSsh = $IsLinux -and (Test-Path /usr/sbin/sshd) -and
        (Get-Command ssh -CommandType Application -ErrorAction Ignore) -and
        (Get-Command ssh-keygen -CommandType Application -ErrorAction Ignore) -and
        (getent passwd (id -u)) -match '/\w*sh$'
    if ($IsLinux -and $env:VHDPS_REQUIRE_PEERS -eq 1 -and -not $canSsh) { throw 'There is no SSH server, and VHDPS_REQUIRE_PEERS is set.' }
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    $folder = Enter-Folder
    $null = 'base.vhd', 'empty.vhd' | New-VpcImage -Size 10MB
    Write-VpcSector base.vhd 0 (Get-Pattern 512)
    $null = New-VpcImage child.vhd -ParentPath base.vhd
    Write-GptDisk gpt.img
    Convert-VpcImage gpt.img system.vhd -SourceFormat Raw

    # Runs scripts where they are sent to.
    $remote = {
        param($module, $folder, $scripts)
        Import-Module $module
        Set-Location -LiteralPath $folder
        $scripts | ForEach-Object { . ([scriptblock]::Create($_)) }
    }

    # Starts a server on a free port of this machine that gives a PowerShell to whoever has the key.
    function Open-SshServer {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $port = $listener.LocalEndpoint.Port
        $listener.Stop()
        foreach ($name in 'host', 'user') { ssh-keygen -q -t ed25519 -N '' -f (Join-Path $folder "$name.key") }
        @(
            "Port $port"
            'ListenAddress localhost'
            "HostKey $folder/host.key"
            "AuthorizedKeysFile $folder/user.key.pub"
            'StrictModes no'
            'UsePAM no'
            "PidFile $folder/sshd.pid"
            "Subsystem powershell $(Get-PowerShellCommand) -sshs -NoLogo -NoProfile"
            if ($env:DOTNET_ROOT) { "SetEnv DOTNET_ROOT=$env:DOTNET_ROOT" }
        ) | Set-Content sshd_config
        if ((id -u) -eq 0) { $null = New-Item -ItemType Directory /run/sshd -Force }
        $arguments = '-D', '-f', (Join-Path $folder sshd_config), '-E', (Join-Path $folder sshd.log)
        $process = Start-Process /usr/sbin/sshd -ArgumentList $arguments -PassThru
        for ($tries = 0; -not (Test-Connection localhost -TcpPort $port -Quiet); $tries++) {
            if ($process.HasExited -or $tries -ge 50) { throw "The SSH server does not answer: $(Get-Content sshd.log)" }
            Start-Sleep -Milliseconds 100
        }

        @{ Id = $process.Id; Port = $port; Key = Join-Path $folder user.key }
    }

    # Properties in the order of their names. The other names of properties come last here and first there, and nested ones there only.
    function ConvertTo-Sorted($Value) {
        if ($Value -is [Collections.IDictionary]) {
            $sorted = [ordered]@{}
            $aliases = 'Type', 'OnDisk', 'Blocks', 'DiskIdentifier', 'Creator', 'Owner', 'Valid', 'Offset'
            foreach ($name in $Value.Keys | Where-Object { $_ -notin $aliases } | Sort-Object) {
                $sorted[$name] = ConvertTo-Sorted $Value[$name]
            }
            $sorted
        }
        elseif ($Value -is [array]) { , @($Value | ForEach-Object { ConvertTo-Sorted $_ }) }
        else { $Value }
    }

    # Every property at any depth as text, without those that remoting adds.
    function ConvertTo-Fact($Objects) {
        $json = @($Objects | Select-Object * -ExcludeProperty PSComputerName, RunspaceId, PSShowComputerName, PSSourceJobInstanceId) |
            ConvertTo-Json -Depth 4 -EnumsAsStrings
        ConvertTo-Sorted ($json | ConvertFrom-Json -AsHashtable) | ConvertTo-Json -Depth 4
    }
}
AfterAll { Pop-Location }

Describe 'outputs that have come <Way>' -ForEach @(
    @{ Way = 'out of Export-Clixml'; Outputs = $outputs }
    @{ Way = 'from a job'; Outputs = $outputs }
    if ($canSsh) { @{ Way = 'over SSH'; Outputs = $outputs } }
) {
    BeforeAll {
        $server = $null
        $received = switch ($Way) {
            'out of Export-Clixml' {
                foreach ($script in $Outputs.Make) {
                    . ([scriptblock]::Create($script)) | Export-Clixml sent.xml
                    Import-Clixml sent.xml
                }
            }
            'from a job' {
                Start-Job $remote -ArgumentList $module, $folder, $Outputs.Make | Receive-Job -Wait -AutoRemoveJob
            }
            'over SSH' {
                $server = Open-SshServer
                $there = @{
                    HostName = 'localhost'
                    Port = $server.Port
                    KeyFilePath = $server.Key
                    Options = @{ StrictHostKeyChecking = 'no'; UserKnownHostsFile = '/dev/null'; LogLevel = 'ERROR' }
                }
                Invoke-Command @there $remote -ArgumentList $module, $folder, $Outputs.Make
            }
        }
    }
    AfterAll {
        if ($server) { Stop-Process -Id $server.Id }
    }

    It 'keep each property and the view: <Type>' -ForEach $Outputs {
        $objects = @($received | Where-Object { $_.PSTypeNames[0] -eq "Deserialized.VhdPS.$Type" })
        ConvertTo-Fact $objects | Should -Be (ConvertTo-Fact (. ([scriptblock]::Create($Make))))
        $objects | Out-Shown 120 | Should -Match $View
    }

    It 'name the file for other cmdlets' {
        $hash = $received | Where-Object { $_.PSTypeNames[0] -like '*.VpcHash' }
        ($hash | Get-VpcImage).Path | Should -Be (Join-Path $folder base.vhd)
    }

    It 'can be broken down into findings that name their host' -Skip:($Way -like '*Clixml') {
        $result = $received | Where-Object { $_.PSTypeNames[0] -like '*.VpcCheckResult' }
        $result | Select-Object PSComputerName -ExpandProperty Findings | Export-Csv findings.csv
        $rows = Import-Csv findings.csv
        $rows.Code | Should -Be @('AzureTypeNotFixed', 'AzureSizeOutOfRange')
        $rows.PSComputerName | Sort-Object -Unique | Should -Be 'localhost'
    }

    It 'can be told apart by the names of values' {
        $received | Where-Object { $_.PSTypeNames[0] -like '*.VpcImage' } | Where-Object VhdType -EQ Differencing | Should -HaveCount 1
        $received | Where-Object { $_.PSTypeNames[0] -like '*.VpcChain' } | Where-Object State -NE Ok | Should -BeNullOrEmpty
    }
}

Describe 'sessions side by side' {
    It 'read one image in <_>' -ForEach @(
        'ForEach-Object -Parallel'
        if (Get-Command Start-ThreadJob -ErrorAction Ignore) { 'Start-ThreadJob' }
    ) {
        $expected = (Get-VpcHash base.vhd).Hash
        $path = Join-Path $folder base.vhd
        $script = {
            Import-Module $using:module
            (Get-VpcHash $using:path).Hash
        }
        $hashes = if ($_ -eq 'Start-ThreadJob') {
            1..4 | ForEach-Object { Start-ThreadJob $script -ThrottleLimit 4 } | Receive-Job -Wait -AutoRemoveJob
        }
        else {
            1..4 | ForEach-Object -Parallel $script -ThrottleLimit 4
        }

        $hashes | Should -Be @($expected, $expected, $expected, $expected)
    }

    It 'make images of their own' {
        $made = 1..8 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:module
            $image = New-VpcImage (Join-Path $using:folder "parallel$_.vhd") -Size 10MB
            Write-VpcSector $image.Path $_ ([byte[]](, $_ * 512))
            $image
        }
        $made.UniqueId | Sort-Object -Unique | Should -HaveCount 8
        1..8 | ForEach-Object { (Read-VpcSector "parallel$_.vhd" $_ -Raw)[0] } | Should -Be (1..8)
        $made | Test-VpcImage -Full -Quiet | Sort-Object -Unique | Should -BeTrue
    }

    It 'never write into one image at once' {
        $null = New-VpcImage one.vhd -Size 10MB
        $path = Join-Path $folder one.vhd
        $written = 1..16 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:module
            $problem = $null
            Write-VpcSector $using:path $_ ([byte[]](, $_ * 512)) -ErrorVariable problem -ErrorAction SilentlyContinue
            if ($problem) { if ($problem[0].FullyQualifiedErrorId -notlike 'ImageInUse,*') { throw $problem[0] } } else { $_ }
        }
        $written | Should -Not -BeNullOrEmpty
        foreach ($number in $written) { (Read-VpcSector one.vhd $number -Raw)[511] | Should -Be $number }
        (Test-VpcImage one.vhd -Full).IsValid | Should -BeTrue
    }
}
