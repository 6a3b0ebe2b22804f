BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Resize-VpcImage' {
    BeforeEach {
        $null = Enter-Folder
        $null = Write-RawDisk disk.img
        'Dynamic', 'Fixed' | ForEach-Object { Convert-VpcImage disk.img "$_.vhd" -SourceFormat Raw -VhdType $_ }
        # The raw disk that has grown as the images will.
        Copy-Item disk.img grown.img
        Set-FileLength grown.img 30MB
        $grown = (Get-FileHash grown.img).Hash
    }
    AfterEach {
        Get-ChildItem *.vhd | Test-VpcImage -Full | Where-Object { -not $_.IsValid -or $_.Warnings } | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'grows a <_> image, with zeros behind the data' -ForEach 'Dynamic', 'Fixed' {
        $image = Resize-VpcImage "$_.vhd" 30MB -PassThru
        $image.Size | Should -Be 30MB
        $image.VhdType | Should -Be $_
        Get-DiskHash "$_.vhd" | Should -Be $grown
    }

    It 'shrinks a <_> image back over zeros only' -ForEach 'Dynamic', 'Fixed' {
        $hash = (Get-FileHash disk.img).Hash
        Resize-VpcImage "$_.vhd" 30MB
        Resize-VpcImage "$_.vhd" 6MB
        Get-DiskHash "$_.vhd" | Should -Be $hash
        $before = Get-FolderState
        Resize-VpcImage "$_.vhd" 5MB -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'DataWouldBeLost,*'
        Get-FolderState | Should -Be $before
    }

    It 'finds the least size itself' {
        Resize-VpcImage Dynamic.vhd 1GB
        (Resize-VpcImage Dynamic.vhd -ToMinimumSize -PassThru).Size | Should -Be 6MB -Because 'the last sector holds data'
    }

    It 'rounds up' {
        $null = New-VpcImage odd.vhd -Size 10000000
        (Resize-VpcImage odd.vhd -RoundUpTo 1MB -PassThru).Size | Should -Be 10MB
    }

    It 'takes sizes as rows and people write them' {
        'LiteralPath', 'Dynamic.vhd', 'Fixed.vhd' | Set-Content rows.csv
        (Import-Csv rows.csv | Resize-VpcImage -Size '30MB' -PassThru).Size | Should -Be @(30MB, 30MB)
    }

    It 'wants to know what size' {
        { Resize-VpcImage Dynamic.vhd -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        { Resize-VpcImage Dynamic.vhd 3TB -ErrorAction Stop } | Should -Throw
        { Resize-VpcImage Dynamic.vhd nonsense } | Should -Throw
    }

    It 'refuses to change a parent under its child' {
        $null = New-VpcImage child.vhd -ParentPath Dynamic.vhd
        $before = Get-FolderState
        Resize-VpcImage Dynamic.vhd 30MB -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'HasChildren,*'
        Get-FolderState | Should -Be $before
    }

    It 'changes nothing with -WhatIf' {
        $before = Get-FolderState
        Get-ChildItem *.vhd | Resize-VpcImage -Size 30MB -WhatIf
        Resize-VpcImage Dynamic.vhd -ToMinimumSize -WhatIf
        Get-FolderState | Should -Be $before
    }

    It 'goes on behind each file that it cannot change' {
        $null = New-VpcImage empty.vhd -Size 10MB
        'x' * 2000 | Set-Content text.txt
        $result = Invoke-Recorded 'Resize-VpcImage Dynamic.vhd, text.txt, empty.vhd, missing.vhd -Size 5MB'
        $result.Errors | ForEach-Object { $_.FullyQualifiedErrorId } | Should -Be @(
            'DataWouldBeLost,VhdPS.Commands.ResizeVpcImageCommand'
            'NotVhd,VhdPS.Commands.ResizeVpcImageCommand'
            'PathNotFound,VhdPS.Commands.ResizeVpcImageCommand'
        )
        (Get-VpcImage empty.vhd).Size | Should -Be 5MB
    }

    It 'says with -Force which sector it cuts off' {
        $null = New-VpcImage d.vhd -Size 1GB
        Write-VpcSector d.vhd 2000000 (Get-Pattern 512 7)
        $result = Invoke-Recorded 'Resize-VpcImage d.vhd -Size 512MB -Force'
        $result.Errors | Should -BeNullOrEmpty
        $result.Warnings | Should -HaveCount 1
        $result.Warnings[0] | Should -BeLike '*2000000*'
        (Get-VpcImage d.vhd).Size | Should -Be 512MB
    }

    It 'takes new images from the pipeline, and emits images on request only' {
        (New-VpcImage a.vhd, b.vhd -Size 1GB | Resize-VpcImage -Size 3GB -PassThru).Size | Should -Be @(3GB, 3GB)
        Get-Item a.vhd, b.vhd | Resize-VpcImage -SizeBytes 4GB | Should -BeNullOrEmpty
        (Get-VpcImage b.vhd).Size | Should -Be 4GB
    }

    It 'ends right behind the last sector that is not zeros' {
        $null = New-VpcImage d.vhd -Size 1MB
        Write-VpcSector d.vhd 99 (Get-Pattern 512 7)
        (Resize-VpcImage d.vhd -ToMinimumSize -PassThru).Size | Should -Be (100 * 512)
    }

    It 'moves the backup of a GPT with the end of a <_> image, and shrinks to the partitions' -ForEach 'Dynamic', 'Fixed' {
        Write-GptDisk gpt.img
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw -VhdType $_ -Force
        Resize-VpcImage gpt.vhd 100MB
        $result = Invoke-Recorded 'Get-VpcPartition gpt.vhd'
        $result.Warnings | Should -BeNullOrEmpty
        $result.Output.Number | Should -Be @(1, 2)
        (Resize-VpcImage gpt.vhd -ToMinimumSize -PassThru).Size | Should -Be 34MB
        (Invoke-Recorded 'Get-VpcPartition gpt.vhd').Warnings | Should -BeNullOrEmpty
        (Resize-VpcImage gpt.vhd -RoundUpTo 100MB -KeepPartitionTable -PassThru).Size | Should -Be 100MB
        (Invoke-Recorded 'Get-VpcPartition gpt.vhd').Warnings -like '*The backup*' | Should -Not -BeNullOrEmpty
        Resize-VpcImage gpt.vhd 100MB
        (Invoke-Recorded 'Get-VpcPartition gpt.vhd').Warnings | Should -BeNullOrEmpty
        { Resize-VpcImage gpt.vhd 33MB -ErrorAction Stop } | Should -Throw -ErrorId 'DataWouldBeLost,*'
    }

    It 'keeps the size of a disk on which a file system begins at the first sector' {
        $stream = [IO.File]::Create("$PWD/whole.img")
        $stream.SetLength(32MB)
        Write-Part $stream 0 (Get-FatVolume 32768 'WHOLE' ([byte[]]::new(1)))
        $stream.Dispose()
        Convert-VpcImage whole.img whole.vhd -SourceFormat Raw
        $result = Invoke-Recorded 'Resize-VpcImage whole.vhd -ToMinimumSize -PassThru'
        $result.Output.Size | Should -Be 32MB
        $result.Warnings -like '*is not made smaller*would have to shrink first*' | Should -HaveCount 1
    }

    It 'keeps a block that no entry names, and warns' {
        $lost = [ImageBytes]::Dynamic().AddBlock(2, 0x11).AddBlock(0, 0x22).AddBlock(5, 0x33)
        $lost.PutEntry(5, [uint]::MaxValue).Save('lost.vhd')
        $result = Invoke-Recorded 'Resize-VpcImage lost.vhd 1MB -PassThru'
        $result.Output.Size | Should -Be 1MB
        $result.Warnings -like '*1 block*no table entry names*-RebuildTable*' | Should -HaveCount 1
        (Test-VpcImage lost.vhd).Findings | Where-Object Code -EQ BlockLost | Should -HaveCount 1
        Write-VpcSector lost.vhd 40 ([byte[]](, 7 * 4096))
        (Test-VpcImage lost.vhd).Findings | Where-Object Code -EQ BlockLost | Should -HaveCount 1
    }

    It 'shrinks a disk with an MBR to the end of its last partition' {
        Write-MbrDisk mbr.img
        Convert-VpcImage mbr.img mbr.vhd -SourceFormat Raw
        (Resize-VpcImage mbr.vhd -ToMinimumSize -PassThru).Size | Should -Be 33MB
        (Get-VpcPartition mbr.vhd).Number | Should -Be @(1, 2, 5)
    }
}
