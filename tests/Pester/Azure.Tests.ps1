BeforeDiscovery {
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $script:isMissing = -not (Find-Azurite) -and $env:VHDPS_REQUIRE_PEERS -ne 1
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $azure = (Resolve-Path (Join-Path $PSScriptRoot '../../out/VhdPS/azure')).ProviderPath
}

Describe 'what speaks to Azure' {
    It 'has a notice for each part of others' {
        $notices = Get-Content -Raw (Join-Path $azure THIRD-PARTY-NOTICES.md)
        (Get-ChildItem $azure -Filter *.dll | Where-Object Name -NotLike VhdPS.*).BaseName |
            ForEach-Object { $notices | Should -Match "[| ]$([regex]::Escape($_))[ ,]" }
    }

    It 'is known neither to the module nor to the engine' {
        foreach ($file in 'VhdPS.dll', 'VhdPS.Engine.dll') {
            $stream = [IO.File]::OpenRead((Join-Path (Split-Path $azure) $file))
            $reader = [Reflection.PortableExecutable.PEReader]::new($stream)
            $metadata = [Reflection.Metadata.PEReaderExtensions]::GetMetadataReader($reader)
            $names = foreach ($handle in $metadata.AssemblyReferences) { $metadata.GetString($metadata.GetAssemblyReference($handle).Name) }
            $reader.Dispose()
            $names | Should -Not -Match 'Azure|ClientModel'
        }
    }
}

Describe 'a session that holds an older Azure.Core' -Skip:$isMissing {
    BeforeAll {
        $server = Start-Azurite
        $null = Enter-Folder
        $null = New-FilledImage disk.vhd 24MB 5MB
        $sas = New-Sas $server
        $wrong = New-Sas $server -Lifetime -00:10
        $script = @"
            `$ErrorActionPreference = 'Stop'
            function Get-Loaded {
                foreach (`$context in [Runtime.Loader.AssemblyLoadContext]::All) {
                    foreach (`$assembly in `$context.Assemblies | Where-Object { -not `$_.IsDynamic }) {
                        [pscustomobject]@{
                            Context = `$context.Name
                            Name = `$assembly.GetName().Name
                            Version = "`$(`$assembly.GetName().Version)"
                            Location = `$assembly.Location
                        }
                    }
                }
            }
            `$after = Get-Loaded
            `$older = Join-Path (Get-Module Microsoft.PowerShell.PSResourceGet -ListAvailable)[0].ModuleBase dependencies/Azure.Core.dll
            `$null = [Reflection.Assembly]::LoadFrom(`$older)
            `$sent = Send-VpcImage disk.vhd '$sas' -Verify
            `$received = Receive-VpcImage '$sas' back.vhd
            Send-VpcImage disk.vhd '$wrong' -ErrorAction SilentlyContinue -ErrorVariable problem
            @{
                AfterImport = @(`$after)
                Loaded = @(Get-Loaded)
                Sent = `$sent
                Received = `$received
                Problem = `$problem[0].FullyQualifiedErrorId
                Runtime = [Environment]::Version.Major
            } | ConvertTo-Json -Depth 4 | Set-Content result.json
"@
        $process = Start-Script $script session
        $process.WaitForExit()
        $result = Get-Content -Raw result.json | ConvertFrom-Json
    }
    AfterAll {
        Stop-Azurite $server
        Pop-Location
    }

    It 'has loaded nothing of it with the module' {
        $result.AfterImport.Location | Should -Not -BeLike (Join-Path $azure *)
        $result.AfterImport.Context | Should -Not -Contain 'VhdPS.Azure'
        $result.AfterImport.Name | Should -Contain 'VhdPS.Engine'
    }

    It 'sends and receives all the same' {
        $result.Sent.Hash | Should -Be (Get-VpcHash disk.vhd).Hash
        $result.Received.Hash | Should -Be $result.Sent.Hash
        $result.Problem | Should -BeLike 'BlobAccessDenied,*'
    }

    It 'has both versions, each in its context, and one engine' {
        $cores = $result.Loaded | Where-Object Name -EQ Azure.Core
        $cores | Should -HaveCount 2
        ($cores | Where-Object Context -EQ VhdPS.Azure).Version | Should -Be '1.60.0.0'
        [version]($cores | Where-Object Context -NE VhdPS.Azure).Version | Should -BeLessThan ([version]'1.60')
        $result.Loaded | Where-Object Name -EQ VhdPS.Engine | Should -HaveCount 1
    }

    It 'has loaded every assembly that is shipped, and no other' {
        $loaded = ($result.Loaded | Where-Object Context -EQ VhdPS.Azure).Location | Split-Path -Leaf
        # What the runtime of older PowerShells has in versions that are too old.
        $older = if ($result.Runtime -ge 10) { 'System.Text.Json.dll', 'System.Diagnostics.DiagnosticSource.dll' }
        (Get-ChildItem $azure *.dll).Name | Sort-Object | Should -Be (@($loaded) + $older | Sort-Object)
    }
}
