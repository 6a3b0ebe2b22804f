BeforeDiscovery {
    $script:noSfdisk = -not (Get-Command sfdisk -CommandType Application -ErrorAction Ignore)
    if ($IsLinux -and $env:VHDPS_REQUIRE_PEERS -eq 1 -and $noSfdisk) { throw 'There is no sfdisk, and VHDPS_REQUIRE_PEERS is set.' }
}

BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Get-VpcPartition' {
    BeforeEach {
        $null = Enter-Folder
        Write-GptDisk gpt.img
        Write-MbrDisk mbr.img
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw
        Convert-VpcImage mbr.img mbr.vhd -SourceFormat Raw -VhdType Fixed
    }
    AfterEach {
        Get-VpcServer | Stop-VpcServer
        Pop-Location
    }

    It 'lists the partitions of a GPT' {
        $first, $second = Get-VpcPartition gpt.vhd
        $first.Number, $first.Style, $first.Role, $first.Type | Should -Be @(1, 'Gpt', 'Primary', 'Basic data')
        $first.TypeId | Should -BeExactly 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7'
        $first.StartSector, $first.SectorCount, $first.LogicalSectorSize | Should -Be @(2048, 32768, 512)
        $first.Offset, $first.Size, $first.Name | Should -Be @(1MB, 16MB, 'data')
        $first.UniqueId | Should -Be '11111111-2222-3333-4444-000000000000'
        $first.FileSystem, $first.Label, $first.Uuid, $first.ClusterSize | Should -Be @('FAT16', 'FILES', '1234-ABCD', 2048)
        $first.UsedSize + $first.FreeSize | Should -Be 16MB
        $first.FreeSize / 2KB | Should -Be 8166
        $second.Number, $second.FileSystem, $second.Label, $second.Uuid | Should -Be @(2, '', '', '')
        $second.UsedSize, $second.FreeSize | Should -Be @($null, $null)
    }

    It 'lists those of an MBR, logical ones from 5 on' {
        $partitions = Get-VpcPartition mbr.vhd
        $partitions.Number | Should -Be @(1, 2, 5)
        $partitions.Role | Should -Be @('Primary', 'Extended', 'Logical')
        $partitions.TypeId | Should -Be @('06', '05', '83')
        $partitions.IsBootable | Should -Be @($true, $false, $false)
        $partitions[2].StartSector, $partitions[2].SectorCount | Should -Be @(36864, 16384)
    }

    It 'is the same whatever holds the disk' {
        $null = New-VpcImage child.vhd -ParentPath gpt.vhd
        Convert-VpcImage gpt.vhd gpt.vhdx
        $expected = Get-VpcPartition gpt.vhd | Select-Object -ExcludeProperty Path, PSPath | ConvertTo-Json
        Get-VpcPartition gpt.img -SourceFormat Raw | Select-Object -ExcludeProperty Path, PSPath | ConvertTo-Json | Should -Be $expected
        Get-VpcPartition child.vhd | Select-Object -ExcludeProperty Path, PSPath | ConvertTo-Json | Should -Be $expected
        Get-VpcPartition gpt.vhdx | Select-Object -ExcludeProperty Path, PSPath | ConvertTo-Json | Should -Be $expected
    }

    It 'is the same over NBD' -Tag Socket {
        $expected = Get-VpcPartition gpt.vhd | Select-Object -ExcludeProperty Path, PSPath | ConvertTo-Json
        $uri = (Start-VpcServer gpt.vhd -Port 0).Exports[0].Uri
        Get-VpcPartition $uri | Select-Object -ExcludeProperty Path, PSPath | ConvertTo-Json | Should -Be $expected
    }

    It 'lists a disk without a table as one' {
        $stream = [IO.File]::Create("$PWD/whole.img")
        $stream.SetLength(16MB)
        Write-Part $stream 0 (Get-FatVolume 32768 'WHOLE' ([byte[]]::new(1)))
        $stream.Dispose()
        $whole = Get-VpcPartition whole.img -SourceFormat Raw
        $whole.Number, $whole.Style, $whole.Role, $whole.Size | Should -Be @(0, 'None', 'WholeDisk', 16MB)
        $whole.FileSystem, $whole.Label | Should -Be @('FAT16', 'WHOLE')
    }

    It 'has nothing for an empty disk' {
        $null = New-VpcImage empty.vhd -Size 10MB
        $result = Invoke-Recorded 'Get-VpcPartition empty.vhd -Verbose'
        $result.Output + $result.Errors + $result.Warnings | Should -BeNullOrEmpty
        $result.Verbose -like '*no partition table, and nothing is recognised*' | Should -HaveCount 1
    }

    It 'warns of a table that is damaged, and shows what the other copy says' {
        Edit-Byte gpt.img 600
        $result = Invoke-Recorded 'Get-VpcPartition gpt.img -SourceFormat Raw'
        $result.Output.Number | Should -Be @(1, 2)
        $result.Errors | Should -BeNullOrEmpty
        $result.Warnings -like '*gpt.img: GptHeader at offset*' | Should -Not -BeNullOrEmpty
    }

    It 'does not take a raw disk for an image' {
        { Get-VpcPartition gpt.img -ErrorAction Stop } | Should -Throw -ErrorId 'NotVhd,*'
    }

    It 'says what sfdisk says' -Skip:$noSfdisk {
        foreach ($name in 'gpt.img', 'mbr.img') {
            $theirs = (sfdisk --json $name | ConvertFrom-Json).partitiontable.partitions
            $ours = Get-VpcPartition $name -SourceFormat Raw
            $ours.StartSector | Should -Be $theirs.start
            $ours.SectorCount | Should -Be $theirs.size
            $ours.TypeId | ForEach-Object { $_ -replace '^0(?=.$)' } | Should -Be $theirs.type
            $ours | ForEach-Object { "$name$($_.Number)" } | Should -Be $theirs.node
        }
    }

    It 'keeps the order of files that are read at once' {
        1..6 | ForEach-Object { Copy-Item gpt.vhd "copy$_.vhd" }
        (Get-VpcPartition copy*.vhd -ThrottleLimit 4).Path | Should -Be (Get-VpcPartition copy*.vhd).Path
    }

    It 'goes on behind a file that is no image' {
        $result = Invoke-Recorded 'Get-Item gpt.vhd, gpt.img, mbr.vhd | Get-VpcPartition'
        $result.Errors | Should -HaveCount 1
        $result.Output | Should -HaveCount 5
    }

    It 'shows a name that would control the terminal as text' {
        $gpt = Get-Gpt 131072 @(@{ Type = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'; Start = 2048; Count = 2048; Name = "a$([char]27)[2Jb" })
        $stream = [IO.File]::OpenWrite("$PWD/gpt.img")
        Write-Part $stream 0 $gpt.Start
        Write-Part $stream (131072 - 33) $gpt.End
        $stream.Dispose()
        $partition = Get-VpcPartition gpt.img -SourceFormat Raw
        $partition.Name | Should -Be "a$([char]27)[2Jb"
        $partition | Out-Shown 120 | Should -BeLike '*a\u001B`[2Jb*'
        $partition | Format-List | Out-Shown 120 | Should -BeLike '*a\u001B`[2Jb*'
    }
}
