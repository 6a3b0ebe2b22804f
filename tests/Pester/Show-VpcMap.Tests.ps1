BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Show-VpcMap' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage d.vhd -Size 20MB
        9, 0 | ForEach-Object { Write-VpcSector d.vhd ($_ * 4096) (Get-Pattern 512) }
    }
    AfterEach { Pop-Location }

    It 'draws blocks out of order as such' {
        $map = Show-VpcMap d.vhd
        $map.AllocatedBlockCount | Should -Be 2
        $map.FragmentationPercentage | Should -Be 100
        "$map" | Should -Match 'Disk, by place in the file \(one cell: 2 MiB\)\n +0 B [5-9]\.{8}[0-4]\n'
    }

    It 'draws at most as wide as <_> columns' -ForEach 80, 120 {
        $null = New-VpcImage large.vhd -Size 100GB
        $shown = Show-VpcMap large.vhd | Out-Shown $_
        $shown | Should -Match 'large\.vhd: Dynamic, 100 GiB\s+0 of 51200 blocks of 2 MiB in the file'
        ($shown -split '\n' -match '^ +\d.*\.{50,}').Count | Should -Be 12
    }

    It 'writes a picture that is XML' {
        $file = Show-VpcMap d.vhd -OutFile map.svg
        $file.Name | Should -Be 'map.svg'
        ([xml](Get-Content -Raw map.svg)).DocumentElement.LocalName | Should -Be 'svg'
        $labels = ([xml](Get-Content -Raw map.svg)).SelectNodes("//*[@class='soft tick']") | ForEach-Object InnerText
        $labels.Count | Should -BeIn (8..14)
        $labels | Should -Match '^\d+(\.\d{1,2})? (B|[KMGT]iB)$'
        { Show-VpcMap d.vhd -OutFile map.svg -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        { Show-VpcMap d.vhd -OutFile map.svg -Force -ErrorAction Stop } | Should -Not -Throw
    }

    It 'draws partitions above the map' {
        Write-GptDisk gpt.img
        Write-MbrDisk mbr.img
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw
        "$(Show-VpcMap gpt.vhd)" | Should -Match '(?m)^ {12}\.\[1 FAT16=+\]\[2 Linux filesy\]\.{32}\r?$'
        # Logical ones are drawn, the extended one around them is not.
        "$(Show-VpcMap mbr.img -SourceFormat Raw)" | Should -Match '(?m)^ {12}\.\[1 FAT16=+\]\.\[5 Linu\]\.+\r?$'
        $null = Show-VpcMap gpt.vhd -OutFile gpt.svg
        $groups = ([xml](Get-Content -Raw gpt.svg)).SelectNodes("//*[local-name()='g'][@class='partition']")
        $groups.title | Should -Be "1 'data': FAT16, 16 MiB", "2 'root': Linux filesystem, 16 MiB"
        [double]$groups[1].rect.x - [double]$groups[0].rect.x | Should -Be ([double]$groups[0].rect.width) -Because 'they are neighbours'

        # A disk without a table has none.
        "$(Show-VpcMap d.vhd)" | Should -Not -Match 'Partitions'
    }

    It 'draws the partitions of a child by its whole chain: <_>' -ForEach 'vhd', 'vhdx' {
        Write-GptDisk gpt.img
        Convert-VpcImage gpt.img "gpt.$_" -SourceFormat Raw
        $null = New-VpcImage "child.$_" -ParentPath "gpt.$_"
        $line = '(?m)^ {12}\.\[1 FAT16=+\]\[2 Linux filesy\]\.{32}\r?$'
        $map = Show-VpcMap "child.$_"
        "$map" | Should -Match $line
        $map.AllocatedBlockCount | Should -Be 0 -Because 'the maps are of the image itself'

        # Without its parent the map is drawn all the same, and verbose text says what is missing.
        $null = New-Item -ItemType Directory elsewhere
        Move-Item "gpt.$_" elsewhere
        $shown = Show-VpcMap "child.$_" -Verbose 4>&1
        "$($shown[-1])" | Should -Match 'Disk, by place in the file'
        "$($shown[-1])" | Should -Not -Match 'Partitions'
        ($shown -match 'no partitions are drawn').Count | Should -Be 1
        "$(Show-VpcMap "child.$_" -ParentSearchPath elsewhere)" | Should -Match $line
        "$(Show-VpcMap "child.$_" -ParentPath "elsewhere/gpt.$_")" | Should -Match $line
        $null = New-VpcImage "other.$_" -Size 64MB
        { Show-VpcMap "child.$_" -ParentPath "other.$_" -ErrorAction Stop } | Should -Throw -ErrorId 'ParentIdMismatch,*'
    }

    It 'escapes the name of a partition in a picture' {
        $gpt = Get-Gpt 8192 @{ Type = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'; Start = 2048; Count = 4096; Name = "a <b>&`e[2J" }
        $bytes = [byte[]]::new(4MB)
        $gpt.Start.CopyTo($bytes, 0)
        $gpt.End.CopyTo($bytes, 4MB - $gpt.End.Length)
        [IO.File]::WriteAllBytes((Join-Path $PWD.ProviderPath odd.img), $bytes)
        $null = Show-VpcMap odd.img -SourceFormat Raw -OutFile odd.svg
        ([xml](Get-Content -Raw odd.svg)).SelectSingleNode("//*[@class='partition']").title |
            Should -BeExactly "1 'a <b>&\u001B[2J': Linux filesystem, 2 MiB"
        "$(Show-VpcMap odd.img -SourceFormat Raw)" | Should -Not -Match '\e'
    }

    It 'writes no picture with -WhatIf' {
        $before = Get-FolderState
        Show-VpcMap d.vhd -OutFile map.svg -WhatIf
        Get-FolderState | Should -Be $before
    }

    It 'never takes the image for the picture' {
        $before = Get-FolderState
        Show-VpcMap d.vhd -OutFile d.vhd -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem | Should -HaveCount 1
        Get-FolderState | Should -Be $before
    }

    It 'is plain text where there is no terminal' {
        $null = New-VpcImage base.vhd -Size 16MB -BlockSize 512KB
        20, 4, 5 | ForEach-Object { Write-VpcSector base.vhd ($_ * 1024) ([byte[]](, 0xAB * 512KB)) }
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        Write-VpcSector child.vhd 4106 (Get-Pattern 1024)
        $null = New-VpcImage fixed.vhd -Size 5MB -VhdType Fixed
        # Not by Out-String, which would take colours away.
        $text = Invoke-PowerShell -NonInteractive -Command "
            Import-Module '$module'
            Show-VpcMap base.vhd
            Show-VpcMap child.vhd -Detailed
            Show-VpcMap fixed.vhd"
        $lines = $text | ForEach-Object TrimEnd
        $lines | Should -Contain 'base.vhd: Dynamic, 16 MiB'
        $lines | Should -Contain '3 of 32 blocks of 512 KiB in the file, 50 % fragmented'
        $lines | Should -Contain '        0 B ....36..............0...........'
        $lines | Where-Object Length -GT 119 | Should -BeNullOrEmpty
        $lines -match '\e' | Should -BeNullOrEmpty
        $lines -match '^ +0 B .*-' | Should -Not -BeNullOrEmpty -Because 'the child has a block of which some is written'
        $lines -match '^fixed\.vhd: Fixed' | Should -Not -BeNullOrEmpty
    }

    It 'escapes the name in a picture, and draws the places of blocks' {
        $name = $IsWindows ? 'a & b.vhd' : 'a & <b>.vhd'
        Move-Item d.vhd $name
        $null = Show-VpcMap $name -OutFile map.svg
        $svg = [xml](Get-Content -Raw map.svg)
        $svg.svg.title | Should -BeLike "*$name*"
        $svg.SelectNodes("//*[local-name()='path'][@stroke-linecap='round']").Count | Should -BeGreaterThan 0
    }

    It 'draws a small picture whatever the image' {
        # 2040 GiB, every second block in the file, in an order that jumps about.
        $image = New-VpcImage huge.vhd -Size 2040GB
        $table = [byte[]]::new($image.BlockCount * 4)
        [Array]::Fill($table, [byte] 255)
        $half = $image.BlockCount / 2
        for ($i = 0; $i -lt $half; $i++) {
            [BitConverter]::GetBytes([Net.IPAddress]::HostToNetworkOrder([int](8192 + $i * 7919L % $half * 4097))).CopyTo($table, $i * 8)
        }

        $footer = Get-VpcFooter huge.vhd -Raw
        $stream = [IO.File]::OpenWrite((Join-Path $PWD huge.vhd))
        $stream.Position = $image.Header.TableOffset
        $stream.Write($table, 0, $table.Length)
        $stream.Position = (8192 + $half * 4097) * 512
        $stream.Write($footer, 0, 512)
        $stream.Dispose()

        (Show-VpcMap huge.vhd -OutFile huge.svg).Length | Should -BeGreaterThan 10000
        (Get-Item huge.svg).Length | Should -BeLessThan 8000000
        ([xml](Get-Content -Raw huge.svg)).DocumentElement.LocalName | Should -Be 'svg'
        (Get-VpcBlock huge.vhd | Measure-Object Count -Sum).Sum | Should -Be 1044480
    }

    It 'never replaces the image by its map: <Target>' -ForEach @(@{ Target = 'd.vhd' }, @{ Target = './sub/../d.vhd' }) {
        $before = (Get-FileHash d.vhd).Hash
        Show-VpcMap d.vhd -OutFile $Target -Force -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'SameFile,*'
        Show-VpcMap d.vhd -OutFile $Target -Force -WhatIf -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'SameFile,*'
        (Get-FileHash d.vhd).Hash | Should -Be $before
    }
}
