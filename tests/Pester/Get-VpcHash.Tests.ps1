BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Get-VpcHash' {
    BeforeEach {
        $null = Enter-Folder
        $hash = Write-RawDisk disk.img
        Convert-VpcImage disk.img fixed.vhd -SourceFormat Raw -VhdType Fixed
        Convert-VpcImage disk.img dynamic.vhd -SourceFormat Raw -VhdType Dynamic
    }
    AfterEach { Pop-Location }

    It 'is the hash of the raw disk, whatever holds it' {
        $null = New-VpcImage child.vhd -ParentPath dynamic.vhd
        (Get-ChildItem *.vhd | Get-VpcHash).Hash | Should -Be @($hash, $hash, $hash)
        (Get-VpcHash disk.img -SourceFormat Raw).Hash | Should -Be $hash
    }

    It 'agrees with Get-FileHash about <_>' -ForEach 'SHA1', 'SHA256', 'SHA384', 'SHA512', 'MD5' {
        $result = Get-VpcHash dynamic.vhd $_
        $result.Hash | Should -Be (Get-FileHash disk.img -Algorithm $_).Hash
        $result.Algorithm | Should -Be $_
        $result.Size | Should -Be 6MB
    }

    It 'changes with one bit of the disk' {
        Write-VpcSector dynamic.vhd 100 ([byte[]](@(1) + [byte[]]::new(511)))
        (Get-VpcHash dynamic.vhd).Hash | Should -Not -Be $hash
    }

    It 'makes a manifest of the blocks that are not zeros' {
        $manifest = Get-VpcHash dynamic.vhd -BlockManifest -BlockSize 1MB
        $manifest.Block | Should -Be @(0, 3, 5)
        foreach ($block in $manifest) {
            $bytes = Read-File disk.img $block.Offset $block.Length
            $block.Hash | Should -Be ([Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($bytes)))
        }

        $manifest | Export-Csv manifest.csv
        (Import-Csv manifest.csv).Hash | Should -Be $manifest.Hash
    }

    It 'shows each hash whole within <_> columns' -ForEach 80, 120 {
        Get-VpcHash dynamic.vhd, fixed.vhd | Out-Shown $_ | Should -Match "$hash dynamic.vhd\s+$hash fixed.vhd"
    }

    It 'refuses algorithm <_>' -ForEach 'CRC32', '' {
        { Get-VpcHash dynamic.vhd -Algorithm $_ } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'goes on behind a file that is no image' {
        $result = Invoke-Recorded 'Get-Item fixed.vhd, disk.img, dynamic.vhd | Get-VpcHash'
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -Be 'NotVhd,VhdPS.Commands.GetVpcHashCommand'
        $result.Output.Hash | Should -Be @($hash, $hash)
    }

    It 'takes blocks of whole 4 KiB only' {
        { Get-VpcHash dynamic.vhd -BlockManifest -BlockSize 5000 -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidArgument,VhdPS.Commands.GetVpcHashCommand'
    }

    It 'tells by two manifests what an upload must send' {
        Copy-Item dynamic.vhd new.vhd
        Write-VpcSector new.vhd 127 ([byte[]]([byte[]]::new(511) + 1))
        $old = @{}
        Get-VpcHash dynamic.vhd -BlockManifest -BlockSize 4KB | ForEach-Object { $old[$_.Block] = $_.Hash }
        $changed = Get-VpcHash new.vhd -BlockManifest -BlockSize 4KB | Where-Object { $old[$_.Block] -ne $_.Hash }
        $changed.Offset | Should -Be 61440
    }
}
