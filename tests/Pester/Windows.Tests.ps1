# What only Windows has: names that are none, the prefix of long paths. Wine passes for Windows.
BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'names on Windows' -Skip:(-not $IsWindows) {
    BeforeEach {
        $folder = Enter-Folder
        $null = Write-RawDisk disk.raw
        $state = Get-FolderState
    }
    AfterEach { Pop-Location }

    It 'refuses the device <_> before any work' -ForEach 'NUL', 'nul.vhd', 'CON', 'COM1', '\\.\pipe\x', '//./pipe/x' {
        $name = $_
        $common = @{ ErrorVariable = 'problem'; ErrorAction = 'SilentlyContinue' }
        $works = @(
            { Get-VpcImage -LiteralPath $name @common }
            { New-VpcImage $name -Size 1MB @common }
            { Convert-VpcImage disk.raw $name @common }
        )
        foreach ($work in $works) {
            . $work | Should -BeNullOrEmpty
            $problem | Should -HaveCount 1
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'NotRegularFile,*'
            "$($problem[0])" | Should -BeLike '*device*'
        }
        Get-FolderState | Should -Be $state
    }

    It 'refuses the name <_> before any work' -ForEach 'b?.raw', 'b|.raw', 'b*.vhd', 'a.vhd:b.raw' {
        Convert-VpcImage disk.raw -DestinationPath (Join-Path $folder $_) -Force -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem | Should -HaveCount 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        "$($problem[0])" | Should -BeLike '*cannot be in the name of a file.'
        Get-FolderState | Should -Be $state
    }

    It 'finds images, and stores parents, by paths with the prefix of long ones' {
        $parent = New-VpcImage parent.vhd -Size 10MB
        $child = New-VpcImage child.vhd -ParentPath "\\?\$($parent.Path)"
        (Get-VpcImage -LiteralPath "\\?\$($child.Path)").Path | Should -Be $child.Path
        (Get-VpcChain -LiteralPath "\\?\$($child.Path)").State | Should -Be @('Ok', 'Ok')
        (Get-VpcChain child.vhd).Path | Should -Be @($child.Path, $parent.Path)
        $null = New-Item -ItemType Directory moved
        Move-Item parent.vhd, child.vhd moved
        (Get-VpcChain moved/child.vhd).State | Should -Be @('Ok', 'Ok')
    }

    It 'makes and finds images at paths of more than 260 characters' {
        $long = Join-Path $folder ((1..6 | ForEach-Object { 'a folder with a name of some forty letters' }) -join '\')
        $null = New-Item -ItemType Directory $long
        $image = New-VpcImage (Join-Path $long d.vhd) -Size 10MB
        $image.Path.Length | Should -BeGreaterThan 260
        Write-VpcSector $image.Path 0 (Get-Pattern 512)
        $null = New-VpcImage (Join-Path $long child.vhd) -ParentPath $image.Path
        (Get-VpcChain (Join-Path $long child.vhd)).State | Should -Be @('Ok', 'Ok')
        Convert-VpcImage $image.Path -DestinationPath (Join-Path $long e.vhd) -VhdType Fixed
        Compare-VpcImage $image.Path (Join-Path $long e.vhd) -Quiet | Should -BeTrue
    }
}
