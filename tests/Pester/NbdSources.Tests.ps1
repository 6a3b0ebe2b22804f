BeforeDiscovery {
    $isRequired = $env:VHDPS_REQUIRE_PEERS -eq 1
    $peers = 'qemu-nbd', 'qemu-img', 'nbdkit'
    $script:hasNoPeers = -not $isRequired -and @(Get-Command $peers -CommandType Application -ErrorAction Ignore).Count -lt $peers.Count
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot HelpPage.ps1)

    function New-Certificate($Key) {
        $padding = [Security.Cryptography.RSASignaturePadding]::Pkcs1
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=localhost', $Key, 'SHA256', $padding)
        $names = [Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
        $names.AddDnsName('localhost')
        $names.AddIpAddress([ipaddress]::Loopback)
        $request.CertificateExtensions.Add($names.Build())
        $request.CreateSelfSigned([datetime]::UtcNow.AddDays(-1), [datetime]::UtcNow.AddDays(1))
    }
}

Describe 'a disk that a server offers' -Tag Socket {
    BeforeEach {
        $folder = Enter-Folder
        $hash = Write-RawDisk disk.img 6MB
        Convert-VpcImage disk.img disk.vhd -SourceFormat Raw
    }
    AfterEach {
        Get-VpcServer | Stop-VpcServer
        Get-Unsound | Should -BeNullOrEmpty
        Pop-Location
    }

    Context 'our own server, by <Way>' -ForEach @{ Way = 'socket'; Where = @{} }, @{ Way = 'port'; Where = @{ Port = 0 } } {
        BeforeEach { $uri = (Start-VpcServer disk.vhd @Where).Uri }

        It 'is hashed' {
            (Get-VpcHash $uri).Hash | Should -Be $hash
            (Get-VpcHash -LiteralPath $uri).Path | Should -Be $uri
            @(Get-VpcHash $uri -BlockManifest).Hash | Should -Be @(Get-VpcHash disk.vhd -BlockManifest).Hash
        }

        It 'is converted' {
            $made = Convert-VpcImage $uri made.vhd -Verify -PassThru
            $made.VhdType, $made.Size | Should -Be @('Dynamic', 6MB)
            (Get-VpcHash made.vhd).Hash | Should -Be $hash
            Convert-VpcImage $uri made.img
            (Get-FileHash made.img).Hash | Should -Be $hash
            Convert-VpcImage $uri whole.img -Salvage -MapFile whole.map
            @(Get-Content whole.map)[-1] | Should -Be '0x00000000  0x00600000  +'
        }

        It 'is compared, on either side' {
            Compare-VpcImage $uri disk.vhd -Quiet | Should -BeTrue
            Compare-VpcImage disk.vhd $uri -Quiet | Should -BeTrue
            Copy-Item disk.vhd other.vhd
            Write-VpcSector other.vhd 5 ([byte[]](, 9 * 512))
            (Compare-VpcImage $uri other.vhd).Sector | Should -Be 5
            { Compare-VpcImage $uri disk.vhd -Structure -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        }

        It 'is read by sectors' {
            (Read-VpcSector $uri 0 3).Data | Should -Be (Read-VpcSector disk.vhd 0 3).Data
            , (Read-VpcSector $uri 1 -Raw) | Should -BeOfType ([byte[]])
            { Read-VpcSector $uri 12288 -ErrorAction Stop } | Should -Throw '*sector 12288 is not*' -ErrorId 'InvalidArgument,*'
        }

        It 'keeps its address in outputs, which pipe on' {
            $output = Get-VpcHash $uri
            $output.Path, $output.PSPath | Should -Be @($uri, $uri)
            ($output | Read-VpcSector -Sector 0).PSPath | Should -Be $uri
            $output | Out-Shown 200 | Should -Match 'disk\.vhd'
        }
    }

    It 'is an address and no pattern, nor a path' {
        $null = New-Item -ItemType Directory odd
        Copy-Item disk.vhd 'odd/a[1] b.vhd'
        $uri = (Start-VpcServer -LiteralPath 'odd/a[1] b.vhd' -Port 0).Uri
        $uri | Should -BeLike 'nbd://127.0.0.1:*/a%5B1%5D%20b.vhd'
        (Get-VpcHash $uri).Hash | Should -Be $hash
        (Get-VpcHash ($uri -replace '%5B', '[' -replace '%5D', ']')).Hash | Should -Be $hash
        Convert-VpcImage $uri
        (Get-VpcHash -LiteralPath 'a[1] b.vhd').Hash | Should -Be $hash
        Convert-VpcImage $uri odd/ -VhdType Raw
        Test-Path -LiteralPath 'odd/a[1] b.raw' | Should -BeTrue
    }

    It 'is no file: <_>' -ForEach 'Convert-VpcImage $uri out.vhd -DeleteSource', 'Convert-VpcImage $uri -InPlace' {
        $uri = (Start-VpcServer disk.vhd -Port 0).Uri
        $result = Invoke-Recorded $_
        $result.Errors.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        Test-Path out.vhd | Should -BeFalse
    }

    It 'names what is wrong with <Uri>' -ForEach @(
        @{ Uri = 'nbd:'; Id = 'NbdInvalidUri' }
        @{ Uri = 'nbd+unix:///x'; Id = 'NbdInvalidUri' }
        @{ Uri = 'nbd://127.0.0.1:1/x'; Id = 'NbdUnreachable' }
        @{ Uri = 'nbd+unix:///x?socket=/none/such.sock'; Id = 'NbdUnreachable' }
    ) {
        foreach ($call in 'Get-VpcHash $Uri', 'Convert-VpcImage $Uri out.vhd', 'Read-VpcSector $Uri 0', 'Compare-VpcImage $Uri disk.vhd') {
            $result = Invoke-Recorded $call
            $result.Errors.FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $result.Errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        }
        Test-Path out.vhd | Should -BeFalse
    }

    It 'goes on behind an address that does not answer' {
        $uri = (Start-VpcServer disk.vhd -Port 0).Uri
        $hashes = 'nbd://127.0.0.1:1/x', $uri, 'disk.vhd' | Get-VpcHash -ErrorVariable problem -ErrorAction SilentlyContinue
        $hashes.Hash | Should -Be @($hash, $hash)
        $problem.FullyQualifiedErrorId | Should -BeLike 'NbdUnreachable,*'
        { Get-VpcHash "$($uri)x" -ErrorAction Stop } | Should -Throw -ErrorId 'NbdExportNotFound,*'
    }

    It 'is trusted by its certificate, or by none where that is asked for' {
        $certificate = New-Certificate ([Security.Cryptography.RSA]::Create(2048))
        $other = New-Certificate ([Security.Cryptography.RSA]::Create(2048))
        $uri = (Start-VpcServer disk.vhd -Port 0 -Certificate $certificate).Uri
        $uri | Should -BeLike 'nbds://*'
        (Get-VpcHash $uri -TrustedCA $certificate).Hash | Should -Be $hash
        (Get-VpcHash $uri -SkipCertificateCheck).Hash | Should -Be $hash
        Compare-VpcImage $uri disk.vhd -Quiet -TrustedCA $certificate | Should -BeTrue
        (Read-VpcSector $uri 0 -TrustedCA $certificate).Count | Should -Be 1
        Convert-VpcImage $uri out.vhd -TrustedCA $certificate
        { Get-VpcHash $uri -ErrorAction Stop } | Should -Throw -ErrorId 'NbdCertificateNotTrusted,*'
        { Get-VpcHash $uri -TrustedCA $other -ErrorAction Stop } | Should -Throw -ErrorId 'NbdCertificateNotTrusted,*'
        { Get-VpcHash ($uri -replace '^nbds', 'nbd') -ErrorAction Stop } | Should -Throw -ErrorId 'NbdEncryptionRequired,*'
    }

    Context 'other servers' -Skip:$hasNoPeers {
        It 'is taken from <_>, by the lines of the cookbook' -ForEach 'qcow2', 'vmdk', 'vdi' {
            qemu-img convert -f raw -O $_ disk.img top.qcow2
            $recipe = (Split-Section (Get-Document cookbook.md) '## ')['To and from qcow2 and VMDK']
            $lines = $recipe -split '\n' -match '^    .*(qemu-nbd|Convert-VpcImage)' -replace '^    ' -replace '=qcow2', "=$_"
            $lines | Should -HaveCount 2
            . ([scriptblock]::Create($lines -join "`n"))
            (Get-VpcHash new.vhd).Hash | Should -Be $hash
        }

        It 'is taken from nbdkit through a filter that answers late' {
            $arguments = '-f', '-r', '-U', "$folder/kit.sock", '--filter=delay', 'file', 'disk.img', 'rdelay=1ms'
            $kit = Start-Process nbdkit -PassThru -ArgumentList $arguments
            try {
                while (-not (Test-Path kit.sock) -and -not $kit.HasExited) { Start-Sleep -Milliseconds 20 }
                (Get-VpcHash "nbd+unix:///?socket=$folder/kit.sock").Hash | Should -Be $hash
            }
            finally {
                if (-not $kit.HasExited) { $kit.Kill() }
            }
        }
    }
}
