BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Test-VpcImage' {
    BeforeEach {
        $null = Enter-Folder
        $null = 'a.vhd', 'b.vhd' | New-VpcImage -Size 20MB
        Write-VpcSector a.vhd 0 (Get-Pattern 512)
    }
    AfterEach { Pop-Location }

    It 'finds nothing in sound images' {
        $results = Get-ChildItem *.vhd | Test-VpcImage -Full
        $results.IsValid | Should -Be @($true, $true)
        $results.Errors + $results.Warnings | Measure-Object -Sum | Select-Object -ExpandProperty Sum | Should -Be 0
        $results.LeakedBytes | Should -Be @(0, 0)
    }

    It 'names the fault, its place and both values' {
        Edit-Byte a.vhd 612
        $result = Test-VpcImage a.vhd -ErrorAction Stop
        $result.IsValid | Should -BeFalse
        $finding = $result.Findings[0]
        $finding.Code | Should -Be 'HeaderChecksumMismatch'
        $finding.Severity | Should -Be 'Error'
        $finding.Actual | Should -Not -Be $finding.Expected
        $finding.FileOffset | Should -BeGreaterOrEqual 512
        $finding.Advice | Should -Not -BeNullOrEmpty
        Test-VpcImage a.vhd -Quiet | Should -BeFalse
    }

    It 'finds the two entries that name one block' {
        $path = Join-Path $PWD.ProviderPath a.vhd
        Write-VpcSector a.vhd 4096 (Get-Pattern 512)
        $table = (Get-VpcImage a.vhd).Header.TableOffset
        $bytes = [IO.File]::ReadAllBytes($path)
        [Array]::Copy($bytes, $table, $bytes, $table + 4, 4)
        [IO.File]::WriteAllBytes($path, $bytes)
        (Test-VpcImage a.vhd).Findings.Code | Should -Contain 'BatEntryDuplicate'
    }

    It 'judges by the rules of Azure: <Name>' -ForEach @(
        @{ Name = 'dynamic'; Make = { New-VpcImage x.vhd -Size 20MB }; Broken = 'AzureFixed' }
        @{ Name = 'small'; Make = { New-VpcImage x.vhd -Size 1MB -VhdType Fixed }; Broken = 'AzureSizeInRange' }
        @{ Name = 'uneven'; Make = { New-VpcImage x.vhd -Size (20MB + 512) -VhdType Fixed }; Broken = 'AzureSizeWholeMebibytes' }
        @{ Name = 'right'; Make = { New-VpcImage x.vhd -Size 20MB -VhdType Fixed }; Broken = $null }
    ) {
        $null = & $Make
        $result = Test-VpcImage x.vhd -For Azure
        $result.Rules | Where-Object IsMet -EQ $false | ForEach-Object Rule | Should -Be $Broken
        $result.IsValid | Should -Be ($null -eq $Broken)
        (Test-VpcImage x.vhd).IsValid | Should -BeTrue -Because 'only Azure minds'
    }

    It 'tells the size that each program sees' {
        $null = New-VpcImage chs.vhd -Size 20MB -Geometry Chs
        $seen = (Test-VpcImage a.vhd).SizeSeen
        ($seen | Where-Object Reader -EQ 'Hyper-V').SizeBytes | Should -Be 20MB
        ($seen | Where-Object Reader -EQ 'Virtual PC').SizeBytes | Should -Be (Get-VpcImage a.vhd).ChsSize
        (Test-VpcImage chs.vhd).SizeSeen.SizeBytes | Sort-Object -Unique | Should -HaveCount 1
    }

    It 'finds that a parent is gone' {
        $null = New-VpcImage child.vhd -ParentPath a.vhd
        (Test-VpcImage child.vhd).IsValid | Should -BeTrue
        Remove-Item a.vhd
        $result = Test-VpcImage child.vhd
        $result.IsValid | Should -BeFalse
        $result.Findings.Code | Should -Contain 'ParentNotFound'
    }

    It 'looks at the partition table with -Full, and takes no fault of it for one of the image' {
        Write-GptDisk gpt.img
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw
        (Test-VpcImage gpt.vhd -Full).Findings | Should -BeNullOrEmpty
        $null = Resize-VpcImage gpt.vhd -Size 80MB -KeepPartitionTable
        (Test-VpcImage gpt.vhd).Findings.Structure | Should -Not -Contain 'PartitionTable'
        $result = Test-VpcImage gpt.vhd -Full
        $result.IsValid, $result.Errors, $result.Warnings | Should -Be @($true, 0, 1)
        $found = $result.Findings | Where-Object Structure -EQ 'PartitionTable'
        $found.Code | Should -Be 'PartitionTableInvalid', 'PartitionTableUnusual'
        $found.IsRepairable | Should -Be $false, $false
        $found[0].Message | Should -BeLike "GptBackupNotAtEnd at offset $(64MB - 512) of the disk: *"
        $found[0].Advice | Should -BeLike '*sgdisk*'
    }

    It 'checks the partition table of a raw disk by name, and no rules' {
        Write-GptDisk gpt.img
        (Test-VpcImage gpt.img).IsValid | Should -BeFalse
        (Test-VpcImage gpt.img -SourceFormat Raw -Full).Findings | Should -BeNullOrEmpty
        Edit-Byte gpt.img 600
        (Test-VpcImage gpt.img -SourceFormat Raw).Findings | Should -BeNullOrEmpty
        $result = Test-VpcImage gpt.img -SourceFormat Raw -Full
        $result.IsValid, $result.Warnings, $result.Findings.Code | Should -Be @($true, 1, 'PartitionTableInvalid')
        Test-VpcImage gpt.img -SourceFormat Raw -Full -Quiet | Should -BeTrue
        { Test-VpcImage gpt.img -SourceFormat Raw -For Azure -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'says with -Full that a file system is larger than its partition' {
        Write-GptDisk gpt.img
        $stream = [IO.File]::OpenWrite((Join-Path $PWD.ProviderPath gpt.img))
        $stream.Position = 1MB + 19
        $stream.Write([BitConverter]::GetBytes([uint16]32769))
        $stream.Dispose()
        Convert-VpcImage gpt.img gpt.vhd -SourceFormat Raw
        (Test-VpcImage gpt.vhd).Findings | Should -BeNullOrEmpty
        $result = Test-VpcImage gpt.vhd -Full
        $result.IsValid, $result.Warnings, $result.Findings.Code | Should -Be @($true, 1, 'FileSystemInvalid')
        $result.Findings[0].Message | Should -BeLike "FileSystemPastEnd at offset $(1MB) of the disk: Partition 1: *"
        $result.Findings[0].Advice | Should -BeLike '*chkdsk*'
    }

    It 'puts findings into CSV and JSON' {
        Edit-Byte a.vhd 612
        (Get-ChildItem *.vhd | Test-VpcImage).Findings | Export-Csv findings.csv
        (Import-Csv findings.csv).Code | Should -Contain 'HeaderChecksumMismatch'
        $json = Test-VpcImage a.vhd -For Azure | ConvertTo-Json -WarningVariable warnings | ConvertFrom-Json
        $warnings | Should -BeNullOrEmpty
        $json.Findings.Code | Should -Contain 'HeaderChecksumMismatch'
        $json.Rules.Rule | Should -Contain 'AzureFixed'
    }

    It 'takes a file that is no image for a result, not an error' {
        'no image' | Set-Content c.vhd
        $result = Get-ChildItem *.vhd | Test-VpcImage -ErrorAction Stop | Where-Object IsValid -EQ $false
        $result.Path | Should -BeLike '*c.vhd'
        $result.Findings.Code | Should -Be 'FileTooSmall'
    }

    It 'shows the gravest finding within <_> columns, and all as a list' -ForEach 80, 120 {
        Edit-Byte a.vhd 612
        $result = Test-VpcImage a.vhd, b.vhd
        $result | Out-Shown $_ | Should -Match 'False +\d +\d +\d HeaderChecksumMismatch +a\.vhd'
        $result | Out-Shown $_ | Should -Match 'True +0 +0 +0 +b\.vhd'
        $result[0] | Format-List | Out-Shown $_ | Should -Match 'Findings +: Error HeaderChecksumMismatch'
        $result[0].Findings | Out-Shown $_ |
            Should -Match 'Error HeaderChecksumMismatch: DynamicHeader at file offset \d+ \(0x[0-9A-F]+\)\s+The'
    }

    It 'has a result for each file of a batch' {
        Remove-Item *.vhd
        [ImageBytes]::Dynamic().AddBlock(1, 1).Save('good.vhd')
        [ImageBytes]::Dynamic().PutEntry(3, 0).Save('bad.vhd')
        [ImageBytes]::Dynamic().PutHeader(8, @(0, 0, 0, 0, 255, 255, 255, 255)).Save('note.vhd')
        [IO.File]::WriteAllBytes((Join-Path $PWD none.vhd), [byte[]]::new(100))
        $results = Test-VpcImage *.vhd -ErrorAction Stop | Sort-Object Path
        $results | ForEach-Object { "$(Split-Path -Leaf $_.Path) $($_.IsValid) $($_.Errors) $($_.Notes)" } | Should -Be @(
            'bad.vhd False 1 0', 'good.vhd True 0 0', 'none.vhd False 1 0', 'note.vhd True 0 1'
        )
        Test-VpcImage note.vhd, bad.vhd -Quiet | Should -Be @($true, $false)
    }

    It 'has an error for what is no file, and goes on' {
        $null = New-Item -ItemType Directory folder.vhd
        $result = Invoke-Recorded 'Test-VpcImage folder.vhd, missing.vhd, a.vhd -Quiet'
        $result.Errors | ForEach-Object { $_.FullyQualifiedErrorId -replace ',.*' } | Should -Be @('NotRegularFile', 'PathNotFound')
        $result.Output | Should -Be $true
    }

    It 'keeps each property of a finding in CSV, and its numbers in JSON' {
        [ImageBytes]::Dynamic().AddBlock(2, 1).PutEntry(3, 0).PutEntry(5, 4294967294).Append(512).Save('bad.vhd')
        $findings = (Test-VpcImage bad.vhd).Findings
        $findings | Should -HaveCount 3
        $findings | Export-Csv findings.csv
        $rows = Import-Csv findings.csv
        for ($i = 0; $i -lt 3; $i++) {
            foreach ($property in $findings[$i].PSObject.Properties) { "$($rows[$i].($property.Name))" | Should -Be "$($property.Value)" }
        }

        $first = (ConvertTo-Json -InputObject @($findings) -Depth 3 -EnumsAsStrings | ConvertFrom-Json)[0]
        $first.Severity | Should -Be 'Error'
        $first.FileOffset | Should -Be 1548
        $first.Block | Should -Be 3
    }

    It 'names rules by what they want, each by its own name' {
        $null = New-VpcImage x.vhd -Size 20MB -VhdType Fixed
        ((Test-VpcImage x.vhd -For Azure).Rules | Where-Object Rule -EQ AzureFixed).IsMet | Should -BeTrue
        $null = New-VpcImage x.vhdx 20MB
        $rules = (Test-VpcImage x.vhd, x.vhdx -For Azure, HyperV, VirtualPC).Rules
        $names = $rules | Sort-Object Code -Unique
        $names.Rule | Sort-Object -Unique | Should -HaveCount $names.Count
        $names.Rule | Where-Object { $_ -match 'Not(Fixed|Whole|At)|Differs|Mismatch|Unknown|Unsound|Null|TooLarge|TooMany' } |
            Should -BeNullOrEmpty
    }

    It 'says of each broken rule what to do, as the help does' {
        . (Join-Path $PSScriptRoot HelpPage.ps1)
        $help = Split-Section (Get-Document en-US/about_VpcErrors.md) '## '
        $null = New-VpcImage x.vhd -Size (1MB + 512) -VhdType Fixed
        $broken = (Test-VpcImage x.vhd -For Azure).Rules | Where-Object IsMet -EQ $false
        $broken.Rule | Should -Be @('AzureSizeWholeMebibytes', 'AzureSizeInRange')
        $broken.Code | Should -Be @('AzureSizeNotWholeMebibytes', 'AzureSizeOutOfRange')
        foreach ($rule in $broken) { ($help["$($rule.Code)"] -split 'What to do: ')[1].Trim() | Should -Be $rule.Advice }
    }

    It 'finds that the parent that is named is no image' {
        $null = New-VpcImage child.vhd -ParentPath a.vhd
        'x' | Set-Content other.txt
        Test-VpcImage child.vhd -Quiet | Should -BeTrue
        Test-VpcImage child.vhd -ParentPath other.txt -Quiet | Should -BeFalse
    }

    It 'heads its columns, and shows the value of an entry as sector and offset' {
        [ImageBytes]::Dynamic().PutEntry(3, 0).Save('bad.vhd')
        $result = Test-VpcImage bad.vhd
        $result | Out-Shown 120 | Should -Match 'Valid +Errors +Warnings +Notes +Gravest +Name'
        $result | Out-Shown 120 | Should -Match 'False +1 +0 +0 +BatEntryPastEnd +bad\.vhd'
        $result.Findings | Format-Table | Out-Shown 120 | Should -Match 'Severity +Code +Offset +Message'
        ($result.Findings | Out-Shown 120) -replace '\s+', ' ' |
            Should -BeLike '*Error BatEntryPastEnd: BlockAllocationTable at file offset *sector 0 (offset 0)*'
    }
}
