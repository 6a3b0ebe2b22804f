BeforeDiscovery {
    # Each cmdlet that takes any number of sound images, with what else it must have.
    $script:cmdlets = @(
        @{ Name = 'Convert-VpcImage'; More = @{ DestinationPath = 'made/'; PassThru = $true } }
        @{ Name = 'Get-VpcBlock'; More = @{} }
        @{ Name = 'Get-VpcChain'; More = @{} }
        @{ Name = 'Get-VpcFooter'; More = @{} }
        @{ Name = 'Get-VpcHash'; More = @{} }
        @{ Name = 'Get-VpcImage'; More = @{} }
        @{ Name = 'Optimize-VpcImage'; More = @{} }
        @{ Name = 'Read-VpcSector'; More = @{ Sector = 0 } }
        @{ Name = 'Repair-VpcImage'; More = @{} }
        @{ Name = 'Resize-VpcImage'; More = @{ Size = 30MB; PassThru = $true } }
        @{ Name = 'Set-VpcImage'; More = @{ CreatorApplication = 'test'; PassThru = $true } }
        @{ Name = 'Show-VpcMap'; More = @{} }
        @{ Name = 'Test-VpcChecksum'; More = @{} }
        @{ Name = 'Test-VpcImage'; More = @{} }
        @{ Name = 'Write-VpcSector'; More = @{ Sector = 0; Data = [byte[]](, 1 * 512); PassThru = $true } }
    )
    $script:places = @(
        @{ Place = 'beside the location'; Path = { Set-Location -LiteralPath below; '../d.vhd' } }
        @{ Place = 'at home'; Path = { (Get-PSProvider FileSystem).Home = $folder; '~/d.vhd' } }
        @{ Place = 'on a drive of the session'; Path = { $null = New-PSDrive images FileSystem $folder -Scope Global; 'images:/d.vhd' } }
        @{ Place = 'by its provider'; Path = { 'FileSystem::{0}' -f (Join-Path $folder d.vhd) } }
        @{ Place = 'by its full path'; Path = { Join-Path $folder d.vhd } }
    )
}

BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'paths' {
    BeforeEach {
        $folder = Enter-Folder
        $userHome = (Get-PSProvider FileSystem).Home
        $null = New-Item -ItemType Directory below, made
        $null = New-VpcImage d.vhd -Size 25MB -UniqueId '11111111-2222-3333-4444-555555555555'
    }
    AfterEach {
        (Get-PSProvider FileSystem).Home = $userHome
        Pop-Location
        Get-PSDrive images -ErrorAction Ignore | Remove-PSDrive
    }

    Context '<Name>' -ForEach $cmdlets {
        It 'goes on behind a file that is missing, with one error for it' {
            $null = New-VpcImage e.vhd -Size 5MB
            & $Name -Path d.vhd, missing.vhd, e.vhd @More -ErrorVariable problem -ErrorAction SilentlyContinue |
                ForEach-Object { Split-Path -Leaf $_.Path } | Select-Object -Unique | Should -Be @('d.vhd', 'e.vhd')
            $problem | Should -HaveCount 1
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
            "$($problem[0])" | Should -BeLike '*missing.vhd*'
        }

        It 'takes files from Get-ChildItem, brackets and all' {
            Move-Item d.vhd '[d].vhd'
            $problem = $null
            $null = Get-ChildItem -File | & $Name @More -ErrorVariable problem
            $problem | Should -BeNullOrEmpty
        }

        It 'takes -Path or -LiteralPath, not both' {
            $sets = (Get-Command $Name).ParameterSets
            $sets.Name | Where-Object { $_ -ne 'Compared' } | Should -Be @('LiteralPath', 'Path')
            $sets | Where-Object IsDefault | ForEach-Object Name | Should -Be LiteralPath
            { & $Name -Path d.vhd -LiteralPath d.vhd @More } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
        }
    }

    It 'finds an image <Place>' -ForEach $places {
        $path = & $Path
        (Get-VpcImage $path).Path | Should -Be (Join-Path $folder d.vhd)
        (Get-VpcImage -LiteralPath $path).Path | Should -Be (Join-Path $folder d.vhd)
        Set-VpcImage $path -CreatorApplication new
        Compare-VpcImage $path (Join-Path $folder d.vhd) -Quiet | Should -BeTrue
        $null = New-VpcImage $path -Size 1MB -Force
        (Get-VpcImage (Join-Path $folder d.vhd)).Size | Should -Be 1MB
    }

    It 'makes and finds the name <_>' -ForEach @(
        'br[ack]et.vhd', 'sp ace.vhd', 'Ünïcödé-图.vhd', "it's.vhd", 'a&b;c$d(e).vhd', '-dash.vhd', '~tilde.vhd', "``tick'quote.vhd"
    ) {
        $image = New-VpcImage -Path $_ -Size 1MB
        $image.Path | Should -Be (Join-Path $folder $_)
        Test-Path -LiteralPath $_ | Should -BeTrue
        (Get-VpcImage -LiteralPath $_).UniqueId | Should -Be $image.UniqueId
        ($image | Test-VpcImage).IsValid | Should -BeTrue
        $null = New-VpcImage child.vhd -ParentPath $_
        (Get-VpcChain child.vhd).State | Should -Be @('Ok', 'Ok')
    }

    It 'takes wildcards as Get-ChildItem does: <_>' -ForEach '*', '?1.vhd', 'x[12].vhd', '*/d.vhd' {
        'x1.vhd', 'x2.vhd', 'y1.vhd', 'below/d.vhd' | New-VpcImage -Size 1MB | Should -HaveCount 4
        Remove-Item made
        (Get-VpcImage $_ -ErrorAction Ignore).Path | Should -Be (Get-ChildItem $_ -File).FullName
    }

    It 'says of a pattern without a match nothing, as Get-ChildItem does not' {
        $problem = $null
        Get-VpcImage none*.vhd -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem | Should -BeNullOrEmpty
    }

    It 'takes only files: <_>' -ForEach 'Env:PATH', 'Variable:folder', '.' {
        Get-VpcImage $_ -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem | Should -HaveCount 1
    }

    It 'finds an image on a share' -Tag FileShare -Skip:(-not $IsWindows) {
        $share = '\\localhost\' + ($folder -replace '^(.):', '$1$')
        (Get-VpcImage (Join-Path $share d.vhd)).UniqueId | Should -Be '11111111-2222-3333-4444-555555555555'
        $null = New-VpcImage (Join-Path $share e.vhd) -Size 1MB
        (Get-VpcImage e.vhd).Size | Should -Be 1MB
    }
}

# What the cmdlets make of a path, held against PowerShell's own resolution.
Describe 'a path' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-Item -ItemType Directory sub.d
        $null = 'a.vhd', 'b.vhd', 'sub.d/a.vhd', 'sub.d/b.vhd', './~' | New-VpcImage -Size 1MB
    }
    AfterEach { Pop-Location }

    It 'is what PowerShell makes of it: <_>' -ForEach @(
        'a.vhd'
        './a.vhd'
        './/a.vhd'
        'sub.d/../a.vhd'
        'sub.d/a.vhd'
        'sub.d\a.vhd'
        './sub.d/./a.vhd'
        './~'
        '$pwd/a.vhd'
        '$pwd/sub.d/a.vhd'
        '$pwd/sub.d/../b.vhd'
        '$pwd//sub.d//a.vhd'
        'FileSystem::$pwd/a.vhd'
        'Microsoft.PowerShell.Core\FileSystem::$pwd/sub.d/a.vhd'
        'microsoft.powershell.core\filesystem::$pwd/sub.d/b.vhd'
    ) {
        $path = $_.Replace('$pwd', $folder)
        $expected = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)
        # The file before it in the same folder is what may be remembered.
        $before = $path -replace '[^/\\]+$', 'b.vhd'
        ($before, $path | Get-VpcImage).Path | Select-Object -Last 1 | Should -Be $expected
        (Get-VpcImage -LiteralPath $before, $path).Path | Select-Object -Last 1 | Should -Be $expected
    }

    It 'follows a location that changes under the pipeline' {
        $images = 'a.vhd', 'sub.d', 'a.vhd' | ForEach-Object { if ($_ -eq 'sub.d') { Set-Location $_ } else { $_ } } | Get-VpcImage
        Set-Location $folder
        $images.Path | Should -Be @((Join-Path $folder a.vhd), (Join-Path $folder sub.d a.vhd))
    }

    It 'of a folder or of no file among others is an error' {
        $result = Invoke-Recorded "'a.vhd', 'sub.d', 'missing.vhd', '~', 'b.vhd' | Get-VpcImage"
        $result.Output | Should -HaveCount 2
        $result.Errors | Should -HaveCount 3
        $result.Errors[1].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
    }
}
