BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'VHDX' {
    BeforeEach { $folder = Enter-Folder }
    AfterEach { Pop-Location }

    It 'is made by its extension, dynamic, fixed and differencing' {
        $dynamic = New-VpcImage d.vhdx 100GB
        $dynamic.VhdFormat | Should -Be 'Vhdx'
        $dynamic.VhdType | Should -Be 'Dynamic'
        $dynamic.BlockSize | Should -Be 32MB
        $dynamic.LogicalSectorSize | Should -Be 512
        $dynamic.PhysicalSectorSize | Should -Be 4096
        $dynamic.LogState | Should -Be 'Clean'
        (New-VpcImage f.vhdx 3MB -VhdType Fixed -LogicalSectorSize 4096).SectorCount | Should -Be 768
        $child = New-VpcImage c.avhdx -ParentPath d.vhdx
        $child.VhdType | Should -Be 'Differencing'
        $child.BlockSize | Should -Be 2MB
        $child.ParentUniqueId | Should -Be $dynamic.DataWriteGuid
        (Get-ChildItem).Count | Should -Be 3
    }

    It 'is the same file for equal -UniqueId and -TimeStamp' {
        $same = @{ UniqueId = '11111111-2222-3333-4444-555555555555'; TimeStamp = '2020-01-01Z' }
        $null = New-VpcImage a.vhdx 1GB @same
        $null = New-VpcImage b.vhdx 1GB @same
        (Get-FileHash a.vhdx).Hash | Should -Be (Get-FileHash b.vhdx).Hash
        $null = Write-RawDisk disk.img
        Convert-VpcImage disk.img c.vhdx -SourceFormat Raw @same
        Convert-VpcImage disk.img d.vhdx -SourceFormat Raw @same
        (Get-FileHash c.vhdx).Hash | Should -Be (Get-FileHash d.vhdx).Hash
    }

    It 'is converted from and to everything, and its disk stays' {
        $hash = Write-RawDisk disk.img 70MB
        Convert-VpcImage disk.img a.vhdx -SourceFormat Raw -Verify
        Convert-VpcImage a.vhdx b.vhd -Verify
        Convert-VpcImage b.vhd c.vhdx -VhdType Fixed -Verify
        Convert-VpcImage c.vhdx d.raw -Verify
        Convert-VpcImage a.vhdx azure.vhd -For Azure
        (Get-VpcHash a.vhdx, b.vhd, c.vhdx, azure.vhd).Hash | Select-Object -Unique | Should -Be $hash
        (Get-FileHash d.raw).Hash | Should -Be $hash
        (Get-VpcImage b.vhd).BlockSize | Should -Be 2MB
        (Get-VpcImage c.vhdx).VhdType | Should -Be 'Fixed'
        Test-VpcImage azure.vhd -For Azure -Quiet | Should -BeTrue
        Compare-VpcImage a.vhdx b.vhd -Quiet | Should -BeTrue
        (Test-VpcImage *.vhdx).IsValid | Should -Be @($true, $true)
    }

    It 'with sectors of 4096 bytes counts in them, and warns where they become 512' {
        $null = Write-RawDisk disk.img
        Convert-VpcImage disk.img a.vhdx -SourceFormat Raw -LogicalSectorSize 4096
        $run = Read-VpcSector a.vhdx 0 1
        $run.LogicalSectorSize | Should -Be 4096
        $run.Data.Length | Should -Be 4096
        $bytes = [byte[]](Read-VpcSector a.vhdx 1535 -Raw)
        $bytes[3584..4095] | Should -Be (Read-File disk.img (6MB - 512) 512)
        (Get-VpcBlock a.vhdx)[0].LogicalSectorSize | Should -Be 4096
        Read-VpcSector a.vhdx 1536 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        Convert-VpcImage a.vhdx b.vhd -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1
        $warnings[0] | Should -BeLike '*sectors of 4096 bytes*512*'
        $null = New-VpcImage c.vhdx 6MB -LogicalSectorSize 4096
        $difference = @(Compare-VpcImage a.vhdx c.vhdx)
        $difference[0].LogicalSectorSize | Should -Be 4096
        $difference[-1].Sector | Should -Be 1535
    }

    It 'is a member of a mixed folder' {
        $null = New-VpcImage base.vhd 5MB
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        $null = New-VpcImage base.vhdx 5MB
        $null = New-VpcImage child.vhdx -ParentPath base.vhdx
        $forest = Get-VpcChain .
        $forest.Path | Split-Path -Leaf | Should -Be @('base.vhd', 'child.vhd', 'base.vhdx', 'child.vhdx')
        $forest.Depth | Should -Be @(0, 1, 0, 1)
        $forest.State | Should -Be @('Ok', 'Ok', 'Ok', 'Ok')
        $forest.VhdFormat | Should -Be @('Vhd', 'Vhd', 'Vhdx', 'Vhdx')
        Remove-Item base.vhdx
        (Get-VpcChain child.vhdx).State | Should -Be @('Ok', 'Missing')
        Get-VpcHash child.vhdx -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ParentNotFound,*'
        (Test-VpcImage child.vhdx).Findings.Code | Should -Contain 'ParentNotFound'
        Get-VpcBlock child.vhdx | Should -Not -BeNullOrEmpty
    }

    It 'is never changed in place: <Call>' -ForEach @(
        @{ Call = 'Write-VpcSector a.vhdx 0 ([byte[]]::new(512))' }
        @{ Call = 'Resize-VpcImage a.vhdx 20MB' }
        @{ Call = 'Optimize-VpcImage a.vhdx' }
        @{ Call = 'Set-VpcImage a.vhdx -SavedState $true' }
        @{ Call = 'Repair-VpcImage a.vhdx' }
        @{ Call = 'Undo-VpcRepair a.vhdx' }
        @{ Call = 'Merge-VpcImage child.vhdx' }
        @{ Call = 'Convert-VpcImage a.vhdx -InPlace' }
        @{ Call = 'Get-VpcFooter a.vhdx' }
        @{ Call = 'Test-VpcChecksum a.vhdx' }
        @{ Call = 'New-VpcImage new.vhd -ParentPath a.vhdx' }
        @{ Call = 'Compare-VpcImage a.vhdx child.vhdx -Structure' }
    ) {
        $null = New-VpcImage a.vhdx 10MB
        $null = New-VpcImage child.vhdx -ParentPath a.vhdx
        $before = Get-FolderState
        $result = Invoke-Recorded $Call
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike 'VhdxInsteadOfVhd,*'
        $result.Errors[0].CategoryInfo.Category | Should -Be 'InvalidData'
        $result.Errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*Convert-VpcImage*'
        Get-FolderState | Should -Be $before
    }

    It 'is merged with all its parents into a new file' {
        $hash = Write-RawDisk disk.img
        Convert-VpcImage disk.img a.vhdx -SourceFormat Raw
        $null = New-VpcImage b.vhdx -ParentPath a.vhdx
        $null = New-VpcImage c.vhdx -ParentPath b.vhdx
        Merge-VpcImage c.vhdx new.vhdx
        (Get-VpcHash new.vhdx).Hash | Should -Be $hash
        (Get-VpcImage new.vhdx).VhdType | Should -Be 'Dynamic'
        Merge-VpcImage c.vhdx part.vhdx -Depth 1 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'WrongType,*'
    }

    It 'is made of what differs from another, night after night' {
        $null = Write-RawDisk disk.img
        Convert-VpcImage disk.img monday.vhdx -SourceFormat Raw
        $manifest = Get-VpcHash monday.vhdx -BlockManifest
        Convert-VpcImage disk.img disk.vhd -SourceFormat Raw
        Write-VpcSector disk.vhd 100 (Get-Pattern 4096)
        $to = @{ VhdType = 'Differencing'; ParentPath = 'monday.vhdx'; FromManifest = $manifest }
        $child = Convert-VpcImage disk.vhd tuesday.vhdx @to -Verify -PassThru
        "$($child.VhdFormat)", "$($child.VhdType)", $child.AllocatedBlockCount | Should -Be @('Vhdx', 'Differencing', 1)
        $child.ParentUniqueId | Should -Be (Get-VpcImage monday.vhdx).DataWriteGuid
        (Get-VpcHash tuesday.vhdx).Hash | Should -Be (Get-VpcHash disk.vhd).Hash
        (Get-VpcChain tuesday.vhdx).State | Should -Be @('Ok', 'Ok')
        (Test-VpcImage tuesday.vhdx -Full).Findings | Should -BeNullOrEmpty
        foreach ($call in 'Convert-VpcImage disk.vhd x.vhdx -VhdType Differencing -ParentPath disk.vhd',
            'Convert-VpcImage disk.vhd x.vhd -VhdType Differencing -ParentPath monday.vhdx') {
            (Invoke-Recorded $call).Errors[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        }
    }

    It 'with a damaged header is read, and a check says what is wrong' {
        $null = New-VpcImage a.vhdx 10MB
        Edit-Byte a.vhdx (64KB + 20)
        $result = Test-VpcImage a.vhdx
        $result.Findings.Code | Should -Be @('VhdxHeaderInvalid')
        $result.Findings[0].Advice | Should -Not -BeNullOrEmpty
        Get-VpcImage a.vhdx -WarningVariable warnings -WarningAction SilentlyContinue | Should -Not -BeNullOrEmpty
        $warnings | Should -HaveCount 1
        Edit-Byte a.vhdx (128KB + 20)
        Get-VpcImage a.vhdx -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'VhdxHeadersInvalid,*'
        Get-VpcImage a.vhdx -Force -WarningAction SilentlyContinue | Should -Not -BeNullOrEmpty
    }

    It 'is shown as a list and as a map' {
        $null = Write-RawDisk disk.img
        Convert-VpcImage disk.img a.vhdx -SourceFormat Raw -BlockSize 1MB
        $list = Get-VpcImage a.vhdx | Format-List | Out-String
        $list | Should -Match 'VhdFormat +: Vhdx'
        $list | Should -Match 'SectorSize +: 512 logical, 4096 physical'
        $list | Should -Not -Match 'ChsSize|Geometry|Footer|TimeStamp'
        "$(Show-VpcMap a.vhdx)" | Should -BeLike '*3 of 6 blocks of 1 MiB in the file*'
    }
}
