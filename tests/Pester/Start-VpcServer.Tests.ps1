BeforeDiscovery {
    $isRequired = $env:VHDPS_REQUIRE_PEERS -eq 1
    $peers = 'nbdinfo', 'nbdcopy', 'qemu-img', 'qemu-io'
    $script:hasNoPeers = -not $isRequired -and @(Get-Command $peers -CommandType Application -ErrorAction Ignore).Count -lt $peers.Count
    $script:cannotMount = -not $isRequired -and (-not $IsLinux -or (id -u) -ne 0 -or -not (Get-Command nbdfuse -ErrorAction Ignore) -or
        (Test-Path /dev/fuse, /dev/loop-control) -contains $false)
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot HelpPage.ps1)

    function Get-SocketPath($Server) { ($Server.Uri -split 'socket=')[1] }

    function Invoke-Peer {
        $program, $arguments = $args
        $output = & $program @arguments 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "$program $arguments says $output"
        $output | ForEach-Object { "$_" }
    }

    # A certificate of localhost that is its own authority.
    function New-Certificate($Key) {
        $padding = [Security.Cryptography.RSASignaturePadding]::Pkcs1
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=localhost', $Key, 'SHA256', $padding)
        $names = [Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
        $names.AddDnsName('localhost')
        $request.CertificateExtensions.Add($names.Build())
        $request.CreateSelfSigned([datetime]::UtcNow.AddDays(-1), [datetime]::UtcNow.AddDays(1))
    }

    # Bytes of each type of base:allocation, as nbdinfo counts them.
    function Get-Total([string] $Uri) {
        $totals = @{ 0 = 0L; 2 = 0L; 3 = 0L }
        Invoke-Peer nbdinfo --map --totals $Uri | ForEach-Object {
            if ($_ -match '^\s*(\d+)\s+[\d.]+%\s+(\d+)') { $totals[[int]$Matches[2]] += [long]$Matches[1] }
        }
        $totals
    }
}

Describe 'Start-VpcServer' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-VpcImage base.vhd -Size 16MB
        Write-VpcSector base.vhd 0 (Get-Pattern 8192 1)
        Write-VpcSector base.vhd 16384 (Get-Pattern 4096 2)
        $null = New-VpcImage middle.vhd -ParentPath base.vhd
        Write-VpcSector middle.vhd 8 (Get-Pattern 1024 3)
        $null = New-VpcImage top.vhd -ParentPath middle.vhd
        Write-VpcSector top.vhd 20480 (Get-Pattern 512 4)
        $null = New-VpcImage alone.vhd -Size 16MB
    }
    AfterEach {
        Get-VpcServer | Stop-VpcServer
        Get-Unsound | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'serves a VHDX and its chain, for reading only' -Skip:$IsWindows {
        Convert-VpcImage top.vhd base.vhdx
        $null = New-VpcImage child.avhdx -ParentPath base.vhdx
        $hash = (Get-VpcHash top.vhd).Hash
        $server = Start-VpcServer base.vhdx, child.avhdx
        $server.Exports.Name | Should -Be @('base.vhdx', 'child.avhdx')
        foreach ($export in $server.Exports) {
            (Get-VpcHash $export.Uri).Hash | Should -Be $hash
            Convert-VpcImage $export.Uri copy.vhd -Force
            (Get-VpcHash copy.vhd).Hash | Should -Be $hash
        }
        $server | Stop-VpcServer
        $result = Invoke-Recorded 'Start-VpcServer base.vhdx -Writable'
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'VhdxInsteadOfVhd,*'
        Get-VpcServer | Should -BeNullOrEmpty
        Remove-Item copy.vhd
    }

    It 'listens at a socket of its own in a folder of its own, and removes both' -Skip:$IsWindows {
        $server = Start-VpcServer top.vhd
        $server.Uri | Should -BeLike 'nbd+unix:///top.vhd`?socket=/*'
        $socket = Get-SocketPath $server
        (Get-Item $socket).UnixMode | Should -Be 'srw-------'
        (Get-Item (Split-Path $socket)).UnixMode | Should -Be 'drwx------'
        $server.IsRunning, $server.IsEncrypted, $server.Clients | Should -Be @($true, $false, 0)
        Stop-VpcServer $server.Id
        Test-Path (Split-Path $socket) | Should -BeFalse
        $server.IsRunning | Should -BeFalse
        Get-VpcServer | Should -BeNullOrEmpty
    }

    It 'listens at the socket that is named, relative to the location, and never in the place of a file' -Skip:$IsWindows {
        $server = Start-VpcServer top.vhd -Socket here.sock -Name disk
        $server.Uri | Should -Be "nbd+unix:///disk?socket=$folder/here.sock"
        (Get-Item here.sock).UnixMode | Should -Be 'srw-------'
        { Start-VpcServer alone.vhd -Socket here.sock -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        { Start-VpcServer alone.vhd -Socket base.vhd -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        { Start-VpcServer alone.vhd -Socket ('x' * 200) -ErrorAction Stop } | Should -Throw -ErrorId 'NbdAddressUnavailable,*'
        Write-VpcSector alone.vhd 0 (Get-Pattern 512)
        $server | Stop-VpcServer
        Test-Path here.sock | Should -BeFalse
    }

    It 'takes a free port of this machine' {
        $server = Start-VpcServer top.vhd -Port 0
        $server.Uri | Should -Match '^nbd://127\.0\.0\.1:\d+/top\.vhd$'
        { Start-VpcServer alone.vhd -Port ([uri]$server.Uri).Port -ErrorAction Stop } | Should -Throw -ErrorId 'NbdAddressUnavailable,*'
    }

    It 'serves the images of a pipeline behind one address, without those that it cannot serve' {
        'none' | Set-Content none.vhd
        $server = Get-ChildItem *.vhd | Start-VpcServer -Port 0 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike '*,VhdPS.Commands.StartVpcServerCommand'
        $problem | Should -HaveCount 1
        @($server).Count | Should -Be 1
        $server.Exports.Name | Should -Be @('alone.vhd', 'base.vhd', 'middle.vhd', 'top.vhd')
        $server.Exports.Path | Should -Be @('alone.vhd', 'base.vhd', 'middle.vhd', 'top.vhd' | ForEach-Object { Join-Path $folder $_ })
        $server.Uri | Should -Match '^nbd://127\.0\.0\.1:\d+/$'
        $server.Exports[3].Uri | Should -Be "$($server.Uri)top.vhd"
        Remove-Item none.vhd
    }

    It 'binds what other cmdlets emit' {
        (Get-VpcImage top.vhd | Start-VpcServer -Port 0).Exports.Name | Should -Be 'top.vhd'
        (Start-VpcServer -LiteralPath alone.vhd -Port 0).Exports.Name | Should -Be 'alone.vhd'
        (Start-VpcServer m*.vhd -Port 0).Exports.Name | Should -Be 'middle.vhd'
    }

    It 'refuses <Arguments>' -Tag Certificate -ForEach @(
        @{ Arguments = '-Socket a.sock -Port 1'; Says = '*not at both*' }
        @{ Arguments = '-Socket a.sock -Address ::1'; Says = '*not at both*' }
        @{ Arguments = '-Address 0.0.0.0 -Port 0'; Says = '*can be reached from other machines*-AllowUnencrypted*' }
        @{ Arguments = '-Address :: -Port 0'; Says = '*can be reached from other machines*' }
        @{ Arguments = '-Port 0 -ClientCA $certificate'; Says = '*needs a -Certificate*' }
        @{ Arguments = '-Port 0 -Certificate $certificate'; Says = '*without its private key*' }
    ) {
        $own = New-Certificate ([Security.Cryptography.RSA]::Create(2048))
        $certificate = [Security.Cryptography.X509Certificates.X509Certificate2]::new($own.Export('Cert'))
        $null = $certificate
        $result = Invoke-Recorded "Start-VpcServer alone.vhd, base.vhd -Writable $Arguments"
        $result.Output | Should -BeNullOrEmpty
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        "$($result.Errors[0])" | Should -BeLike $Says
        Write-VpcSector alone.vhd 0 (Get-Pattern 512)
    }

    It 'refuses one name for two images, and serves neither under another' {
        $null = New-Item -ItemType Directory other
        Copy-Item alone.vhd other
        { Start-VpcServer alone.vhd, base.vhd -Name disk -Port 0 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        $server = Start-VpcServer alone.vhd, other/alone.vhd -Port 0 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem | Should -HaveCount 1
        "$problem" | Should -BeLike '*other*alone.vhd*is served as ''alone.vhd'' already*'
        $server.Exports.Path | Should -Be (Join-Path $folder alone.vhd)
        Write-VpcSector other/alone.vhd 0 (Get-Pattern 512)
    }

    It 'shares an image with readers, and has it alone where clients may write' {
        $reading = Start-VpcServer alone.vhd -Port 0
        (Get-VpcImage alone.vhd).Size | Should -Be 16MB
        { Write-VpcSector alone.vhd 0 (Get-Pattern 512) -ErrorAction Stop } | Should -Throw -ErrorId 'ImageInUse,*'
        { Start-VpcServer alone.vhd -Writable -Port 0 -ErrorAction Stop } | Should -Throw -ErrorId 'ImageInUse,*'
        $reading | Stop-VpcServer
        $writing = Start-VpcServer alone.vhd -Writable -Port 0
        $writing.Exports[0].IsReadOnly | Should -BeFalse
        { Start-VpcServer alone.vhd -Port 0 -ErrorAction Stop } | Should -Throw -ErrorId 'ImageInUse,*'
        $writing | Stop-VpcServer
        Write-VpcSector alone.vhd 0 (Get-Pattern 512)
    }

    It 'holds the parents of a chain for reading while it is served' -Skip:$hasNoPeers {
        $server = Start-VpcServer top.vhd -Writable -Port 0
        $null = Invoke-Peer nbdcopy $server.Uri 'null:'
        { Write-VpcSector middle.vhd 0 (Get-Pattern 512) -Force -ErrorAction Stop } | Should -Throw -ErrorId 'ImageInUse,*'
    }

    It 'refuses to let an image be written on which others depend, or with which a state is saved, unless forced' {
        $before = Get-FolderState
        { Start-VpcServer middle.vhd -Writable -Port 0 -ErrorAction Stop } | Should -Throw -ErrorId 'HasChildren,*'
        { Start-VpcServer middle.vhd -Writable -Port 0 -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'HasChildren,*'
        (Start-VpcServer middle.vhd -Writable -Port 0 -Force).Exports[0].IsReadOnly | Should -BeFalse
        (Start-VpcServer base.vhd -Port 0).Exports[0].IsReadOnly | Should -BeTrue
        Get-VpcServer | Stop-VpcServer
        Get-FolderState | Should -Be $before
        Set-VpcImage alone.vhd -SavedState $true
        { Start-VpcServer alone.vhd -Writable -Port 0 -ErrorAction Stop } | Should -Throw -ErrorId 'StateSaved,*'
        (Start-VpcServer alone.vhd -Writable -Force -Port 0).Exports[0].IsReadOnly | Should -BeFalse
        Get-VpcServer | Stop-VpcServer
        Set-VpcImage alone.vhd -SavedState $false
    }

    It 'opens and keeps nothing with -WhatIf' {
        $output = Start-VpcServer alone.vhd -Writable -Socket a.sock -WhatIf
        $output | Should -BeNullOrEmpty
        Test-Path a.sock | Should -BeFalse
        Get-VpcServer | Should -BeNullOrEmpty
        Write-VpcSector alone.vhd 0 (Get-Pattern 512)
    }

    Context 'with programs that speak NBD' -Skip:$hasNoPeers {
        It 'gives a chain of three levels as we read it: <_>' -ForEach 'socket', 'port' {
            $where = $_ -eq 'socket' ? @{} : @{ Port = 0 }
            $server = Start-VpcServer top.vhd @where
            $null = Invoke-Peer qemu-img convert -O qcow2 $server.Uri top.qcow2
            $null = Invoke-Peer nbdcopy $server.Uri top.img
            Convert-VpcImage top.vhd own.img
            Invoke-Peer qemu-img compare -F raw top.qcow2 own.img | Should -Be 'Images are identical.'
            (Get-FileHash top.img).Hash | Should -Be (Get-FileHash own.img).Hash
            $server.BytesRead | Should -BeGreaterThan 0
            $server.BytesWritten | Should -Be 0
            (Get-VpcServer $server.Id).Exports[0].BytesRead | Should -Be $server.BytesRead
        }

        It 'says what it has and can' {
            $server = Start-VpcServer top.vhd, alone.vhd -Port 0
            $list = Invoke-Peer nbdinfo --list --json $server.Uri | Out-String | ConvertFrom-Json
            $list.exports.'export-name' | Should -Be @('top.vhd', 'alone.vhd')
            $shown = (Invoke-Peer nbdinfo --json $server.Exports[0].Uri | Out-String | ConvertFrom-Json).exports[0]
            $shown.'export-size' | Should -Be 16MB
            $shown.is_read_only, $shown.can_multi_conn, $shown.can_flush, $shown.can_fua | Should -Be @($true, $true, $true, $true)
            $shown.block_size_minimum, $shown.block_size_preferred, $shown.block_size_maximum | Should -Be @(1, 4096, 32MB)
            nbdinfo "$($server.Uri)base.vhd" 2>&1 | Out-Null
            $LASTEXITCODE | Should -Not -Be 0 -Because 'only what was named is served'
        }

        It 'maps blocks as Get-VpcBlock does' {
            Write-VpcSector alone.vhd 8192 (Get-Pattern 512)
            $server = Start-VpcServer alone.vhd
            $totals = Get-Total $server.Uri
            $blocks = Get-VpcBlock alone.vhd
            $totals[3] | Should -Be (($blocks | Where-Object State -EQ Zero | Measure-Object SectorCount -Sum).Sum * 512)
            $totals[0] + $totals[2] | Should -Be (($blocks | Where-Object State -EQ Allocated | Measure-Object SectorCount -Sum).Sum * 512)
        }

        It 'takes random writes of two connections at once' {
            $server = Start-VpcServer alone.vhd -Writable
            $random = [Random]::new(7)
            $model = [byte[]]::new(16MB)
            # Each writes where the other does not, so that the result is known whatever their order.
            $jobs = foreach ($half in 0, 1) {
                $commands = foreach ($i in 1..60) {
                    $length = $random.Next(1, 40000)
                    $offset = $half * 8MB + $random.Next(8MB - $length)
                    $fill = $random.Next(0, 255)
                    [Array]::Fill($model, [byte]$fill, $offset, $length)
                    '-c', ($fill -eq 0 ? "write -z -u $offset $length" : "write -P $fill $offset $length")
                    if ($i % 10 -eq 0) { '-c', 'flush' }
                }
                Start-ThreadJob -ArgumentList $server.Uri, $commands { & qemu-io -f raw @($args[1]) $args[0]; $LASTEXITCODE }
            }
            $exitCodes = $jobs | ForEach-Object { Receive-Job $_ -Wait -AutoRemoveJob } | Where-Object { $_ -is [int] }
            $exitCodes | Should -Be @(0, 0)
            $server.BytesWritten | Should -BeGreaterThan 1MB
            $server | Stop-VpcServer
            (Test-VpcImage alone.vhd -Full).IsValid | Should -BeTrue
            [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($model)) | Should -Be (Get-VpcHash alone.vhd).Hash
        }

        It 'gives back what is discarded, and is filled from qcow2' {
            $server = Start-VpcServer alone.vhd -Writable
            $empty = (Get-Item alone.vhd).Length
            $null = Invoke-Peer qemu-io -f raw -c 'write -P 5 0 12M' -c flush $server.Uri
            (Get-Item alone.vhd).Length | Should -BeGreaterThan 12MB
            $null = Invoke-Peer qemu-io -f raw -d unmap -c 'discard 2M 10M' -c flush $server.Uri
            (Get-VpcServer).Exports[0].IsReadOnly | Should -BeFalse
            $null = Invoke-Peer qemu-io -f raw -d unmap -c 'write -z -u 0 2M' -c flush $server.Uri
            (Get-Item alone.vhd).Length | Should -Be $empty
            Convert-VpcImage top.vhd top.img
            $null = Invoke-Peer qemu-img convert -f raw -O qcow2 top.img top.qcow2
            $null = Invoke-Peer qemu-img convert -n -O raw top.qcow2 $server.Uri
            $server | Stop-VpcServer
            (Get-VpcHash alone.vhd).Hash | Should -Be (Get-FileHash top.img).Hash
        }

        It 'never writes to a parent' {
            $before = (Get-FileHash base.vhd, middle.vhd).Hash
            $server = Start-VpcServer top.vhd -Writable
            $null = Invoke-Peer qemu-io -f raw -c 'write -P 9 0 1M' -c 'write -z -u 8M 2M' -c 'discard 0 16M' $server.Uri
            $server | Stop-VpcServer
            (Get-FileHash base.vhd, middle.vhd).Hash | Should -Be $before
        }

        It 'refuses writes of clients to what it serves read-only' {
            $before = (Get-FileHash alone.vhd).Hash
            $server = Start-VpcServer alone.vhd
            qemu-io -f raw -c 'write -P 9 0 1M' $server.Uri *>&1 | Out-Null
            $LASTEXITCODE | Should -Not -Be 0
            $server | Stop-VpcServer
            (Get-FileHash alone.vhd).Hash | Should -Be $before
        }

        It 'encrypts, and asks clients for certificates' {
            $key = [Security.Cryptography.RSA]::Create(2048)
            $certificate = New-Certificate $key
            $null = New-Item -ItemType Directory pki
            $certificate.ExportCertificatePem() | Set-Content pki/ca-cert.pem
            $server = Start-VpcServer top.vhd -Address 0.0.0.0 -Port 0 -Certificate $certificate
            $server.IsEncrypted | Should -BeTrue
            $server.Uri | Should -BeLike 'nbds://0.0.0.0:*'
            $port = ([uri]$server.Uri).Port
            Invoke-Peer nbdinfo --size "nbds://localhost:$port/top.vhd?tls-certificates=$folder/pki" | Should -Be 16MB
            nbdinfo --size "nbd://localhost:$port/top.vhd" 2>&1 | Out-Null
            $LASTEXITCODE | Should -Not -Be 0
            $server | Stop-VpcServer
            $server = Start-VpcServer top.vhd -Port 0 -Certificate $certificate -ClientCA $certificate
            $port = ([uri]$server.Uri).Port
            nbdinfo --size "nbds://localhost:$port/top.vhd?tls-certificates=$folder/pki" 2>&1 | Out-Null
            $LASTEXITCODE | Should -Not -Be 0 -Because 'this client has no certificate'
            $certificate.ExportCertificatePem() | Set-Content pki/client-cert.pem
            $key.ExportPkcs8PrivateKeyPem() | Set-Content pki/client-key.pem
            Invoke-Peer nbdinfo --size "nbds://localhost:$port/top.vhd?tls-certificates=$folder/pki" | Should -Be 16MB
        }
    }

    Context 'the end' -Skip:$hasNoPeers {
        It 'flushes what no client has flushed: <_>' -ForEach @(
            'Stop-VpcServer $server.Id', 'Remove-Module VhdPS', 'exit', '[Environment]::Exit(3)', 'kill -TERM $PID; Start-Sleep 60'
        ) {
            $commands = "
                Import-Module '$module'; Set-Location '$folder'
                `$server = Start-VpcServer alone.vhd -Writable
                qemu-io -t unsafe -f raw -c 'write -P 6 1M 3M' `$server.Uri | Out-Null
                `$server.BytesWritten
                $_
            "
            $out = Invoke-PowerShell -NonInteractive -Command $commands
            @($out)[0] | Should -Be 3MB
            $bytes = [byte[]]::new(16MB)
            [Array]::Fill($bytes, [byte]6, 1MB, 3MB)
            (Get-VpcHash alone.vhd).Hash | Should -Be ([Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($bytes)))
        }

        It 'comes by the end of -Wait: Ctrl+C' {
            $shell = [powershell]::Create()
            try {
                $script = "Import-Module '$module'; Set-Location '$folder'; Start-VpcServer alone.vhd -Writable -Socket w.sock -Wait"
                $null = $shell.AddScript($script)
                $output = [Management.Automation.PSDataCollection[psobject]]::new()
                $run = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
                while ($output.Count -eq 0 -and -not $run.IsCompleted) { Start-Sleep -Milliseconds 5 }
                $null = Invoke-Peer qemu-io -t unsafe -f raw -c 'write -P 6 1M 3M' $output[0].Uri
                $shell.Stop()
                $shell.Streams.Error | Should -BeNullOrEmpty
                $output[0].IsRunning | Should -BeFalse
            }
            finally {
                $shell.Dispose()
            }
            Test-Path w.sock | Should -BeFalse
            (Read-VpcSector alone.vhd 2048).Data[0] | Should -Be 6
        }

        It 'comes by the end of -Wait: SIGINT of a real process' -Skip:$IsWindows {
            $program, $arguments = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-Command',
                "Import-Module '$module'; Set-Location '$folder'; Start-VpcServer alone.vhd -Writable -Socket w.sock -Wait; 'after'"
            $start = [Diagnostics.ProcessStartInfo]::new($program)
            $arguments | ForEach-Object { $start.ArgumentList.Add($_) }
            $start.RedirectStandardOutput = $true
            $process = [Diagnostics.Process]::Start($start)
            try {
                while (-not (Test-Path w.sock) -and -not $process.HasExited) { Start-Sleep -Milliseconds 20 }
                $null = Invoke-Peer qemu-io -t unsafe -f raw -c 'write -P 6 1M 3M' "nbd+unix:///alone.vhd?socket=$folder/w.sock"
                kill -INT $process.Id
                $process.WaitForExit(60000) | Should -BeTrue
                $process.StandardOutput.ReadToEnd() | Should -Not -BeLike '*after*'
            }
            finally {
                if (-not $process.HasExited) { $process.Kill() }
            }
            Test-Path w.sock | Should -BeFalse
            (Read-VpcSector alone.vhd 2048).Data[0] | Should -Be 6
        }

        It 'comes by the end of -Wait: stopped from another session' {
            $job = Start-ThreadJob { Import-Module $using:module; Set-Location $using:folder; Start-VpcServer alone.vhd -Port 0 -Wait }
            while (-not (Get-VpcServer)) { Start-Sleep -Milliseconds 5 }
            Get-VpcServer | Stop-VpcServer
            (Receive-Job $job -Wait -AutoRemoveJob).IsRunning | Should -BeFalse
        }

        It 'of another session''s module leaves the servers of this one alone' {
            $server = Start-VpcServer alone.vhd -Port 0
            $null = Start-ThreadJob { Import-Module $using:module; Remove-Module VhdPS } | Receive-Job -Wait -AutoRemoveJob
            Invoke-Peer nbdinfo --size $server.Uri | Should -Be 16MB
        }

        # Killed at some moment under writes that are flushed one by one: qemu-io says which flushes have returned.
        It 'by SIGKILL loses nothing that was flushed' -Skip:$IsWindows {
            foreach ($round in 1..3) {
                $null = New-VpcImage "k$round.vhd" -Size 16MB
                $empty = (Get-Item "k$round.vhd").Length
                $program, $arguments = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-Command',
                    "Import-Module '$module'; Set-Location '$folder'; Start-VpcServer k$round.vhd -Writable -Socket k.sock -Wait"
                $process = Start-Process $program $arguments.ForEach({ "`"$_`"" }) -PassThru -RedirectStandardOutput server.txt
                while (-not (Test-Path k.sock) -and -not $process.HasExited) { Start-Sleep -Milliseconds 20 }
                $uri = "nbd+unix:///k$round.vhd?socket=$folder/k.sock"
                $commands = 0..199 | ForEach-Object {
                    '-c', "write -P $($_ + 1) $($_ * 81920 + $round * 512) 512", '-c', 'flush', '-c', 'sleep 1'
                }
                $writer = Start-ThreadJob -ArgumentList $uri, $commands { & qemu-io -f raw @($args[1]) $args[0] 2>&1 }
                # The second block is made by the write number 26.
                while ((Get-Item "k$round.vhd").Length -lt $empty + 4MB -and $writer.State -in 'NotStarted', 'Running') {
                    Start-Sleep -Milliseconds 5
                }
                Start-Sleep -Milliseconds (20 * $round)
                $process.Kill()
                $process.WaitForExit()
                $said = @(Receive-Job $writer -Wait -AutoRemoveJob) -match '^wrote '
                # A flush says nothing when it succeeds: the write after it does, and so the last one is in doubt.
                $flushed = $said.Count - 1
                $flushed | Should -BeGreaterOrEqual 25
                (Test-VpcImage "k$round.vhd" -Full).IsValid | Should -BeTrue
                for ($i = 0; $i -lt $flushed; $i++) {
                    $sector = Read-VpcSector "k$round.vhd" ($i * 160 + $round)
                    $sector.Data[511] | Should -Be ($i + 1) -Because "write $i of $flushed was flushed"
                }
                Remove-Item k.sock, "k$round.vhd"
            }
        }
    }

    Context 'mounted' -Skip:$cannotMount {
        It 'is read and written through nbdfuse and a loop mount, by the lines of the cookbook, and is clean afterwards' {
            $path = $env:PATH
            $env:PATH += ':/usr/sbin:/sbin'
            try {
                $null = Invoke-Peer mke2fs -q -t ext4 -F fs.img 64M
                Convert-VpcImage fs.img base64.vhd -SourceFormat Raw
                $null = New-VpcImage disk.vhd -ParentPath base64.vhd
                $recipe = (Split-Section (Get-Document cookbook.md) '## ')['Mount a disk on Linux']
                $lines = $recipe -split '\n' -match '^    ' -replace '^    '
                $lines = $lines -replace 'Get-ChildItem mnt', 'Get-ChildItem mnt; Copy-Item top.vhd mnt/copied; sync'
                $server = Start-VpcServer disk.vhd -Writable
                . ([scriptblock]::Create($lines -join "`n")) | ForEach-Object Name | Should -Contain 'lost+found'
                $server | Stop-VpcServer
                (Test-VpcImage disk.vhd -Full).IsValid | Should -BeTrue
                Convert-VpcImage disk.vhd after.img
                $null = Invoke-Peer e2fsck -fn after.img
                $null = New-Item -ItemType Directory look
                $null = Invoke-Peer mount -o 'loop,ro' after.img look
                try { (Get-FileHash look/copied).Hash | Should -Be (Get-FileHash top.vhd).Hash }
                finally { umount look }
                (Get-VpcHash base64.vhd).Hash | Should -Be (Get-FileHash fs.img).Hash
            }
            finally {
                if (Test-Path mnt) { umount mnt 2>$null; fusermount3 -u guest 2>$null }
                $env:PATH = $path
            }
        }
    }
}
