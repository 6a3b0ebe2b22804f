BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Write-VpcSector' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-VpcImage d.vhd -Size 10MB
        $data = Get-Pattern 1024
    }
    AfterEach {
        Get-ChildItem *.vhd | Test-VpcImage -Full | Where-Object { -not $_.IsValid -or $_.Warnings } | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'writes those sectors of the disk and no other into <_>' -ForEach 'dynamic.vhd', 'fixed.vhd' {
        $null = New-VpcImage $_ -Size 10MB -VhdType ($_ -replace '\.vhd')
        Write-VpcSector $_ 5000 $data
        Convert-VpcImage $_ disk.raw
        $raw = [IO.File]::ReadAllBytes((Join-Path $folder disk.raw))
        $expected = [byte[]]::new(10MB)
        $data.CopyTo($expected, 5000 * 512)
        [Linq.Enumerable]::SequenceEqual($raw, $expected) | Should -BeTrue
    }

    It 'writes into a child and leaves its parent alone' {
        Write-VpcSector d.vhd 0 $data
        $null = New-VpcImage child.vhd -ParentPath d.vhd
        $before = (Get-FileHash d.vhd).Hash
        Write-VpcSector child.vhd 1 ([byte[]]::new(512))
        (Get-FileHash d.vhd).Hash | Should -Be $before
        (Read-VpcSector child.vhd 0 2 -Raw) | Should -Be ([byte[]]($data[0..511] + [byte[]]::new(512)))
    }

    It 'copies sectors from image to image by pipeline' {
        Write-VpcSector d.vhd 7 $data
        $null = New-VpcImage e.vhd -Size 1GB
        Read-VpcSector d.vhd 0 16 | Write-VpcSector e.vhd
        (Read-VpcSector e.vhd 0 16 -Raw) | Should -Be (Read-VpcSector d.vhd 0 16 -Raw)
        (Read-VpcSector e.vhd 7 2 -Raw) | Should -Be $data
    }

    It 'tells with -PassThru where the sectors are now' {
        $written = Write-VpcSector d.vhd 3 $data -PassThru
        $written.Sector | Should -Be 3
        $written.Count | Should -Be 2
        (Read-File d.vhd $written.FileOffset 1024) | Should -Be $data
    }

    It 'writes nothing past the end of the disk' {
        $before = Get-FolderState
        Write-VpcSector d.vhd (10MB / 512 - 1) $data -ErrorVariable problem -ErrorAction SilentlyContinue
        $? | Should -BeFalse
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        Get-FolderState | Should -Be $before
    }

    It 'writes whole sectors only' {
        $before = Get-FolderState
        Write-VpcSector d.vhd 0 ([byte[]](1, 2, 3)) -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        Get-FolderState | Should -Be $before
    }

    It 'writes nothing with -WhatIf' {
        $before = Get-FolderState
        Write-VpcSector d.vhd 0 $data -WhatIf
        Get-FolderState | Should -Be $before
    }

    It 'writes into an image on which others depend with -Force only' {
        New-VpcImage child.img.vhd -ParentPath d.vhd
        Move-Item child.img.vhd child.img
        $before = Get-FolderState
        Write-VpcSector d.vhd 0 $data -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'HasChildren,*'
        "$($problem[0])" | Should -BeLike "*child.img' depends on this image*-Force continues."
        Get-FolderState | Should -Be $before

        Write-VpcSector d.vhd 0 $data -Force
        (Read-VpcSector d.vhd 0 2 -Raw) | Should -Be $data
        Write-VpcSector child.img 0 $data
        Test-VpcImage d.vhd, child.img -Quiet | Should -Be @($true, $true)
    }

    It 'refuses, and changes nothing: <Call>' -ForEach @(
        @{ Call = 'Write-VpcSector d.vhd 20479 $data'; Id = 'InvalidArgument' }
        @{ Call = 'Write-VpcSector d.vhd 0 $data[0..510]'; Id = 'InvalidArgument' }
    ) {
        $before = Get-FolderState
        $result = Invoke-Recorded $Call
        $result.Output | Should -BeNullOrEmpty
        $result.Errors | Should -HaveCount 1
        $result.Errors[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $result.Errors[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        "$($result.Errors[0])" | Should -BeLike '*d.vhd*'
        Get-FolderState | Should -Be $before
    }

    It 'refuses an image whose footer is damaged' {
        Edit-Byte d.vhd -100
        { Write-VpcSector d.vhd 0 $data -ErrorAction Stop } | Should -Throw -ErrorId 'FooterChecksumMismatch,*'
        Remove-Item d.vhd
    }

    It 'writes the rows of a pipeline in order' {
        0..9 | ForEach-Object { [pscustomobject]@{ Sector = $_; Data = [byte[]](, ($_ + 1) * 512) } } | Write-VpcSector d.vhd
        $read = Read-VpcSector d.vhd 0 10 -Raw
        0..9 | ForEach-Object { $read[$_ * 512] } | Should -Be (1..10)
    }
}
