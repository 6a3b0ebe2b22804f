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
        { Show-VpcMap d.vhd -OutFile map.svg -ErrorAction Stop } | Should -Throw -ErrorId 'TargetExists,*'
        { Show-VpcMap d.vhd -OutFile map.svg -Force -ErrorAction Stop } | Should -Not -Throw
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
}
