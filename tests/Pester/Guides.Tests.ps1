BeforeDiscovery {
    Set-StrictMode -Version Latest
    . (Join-Path $PSScriptRoot HelpPage.ps1)
    $cookbook = Split-Section (Get-Document cookbook.md) '## '
    $script:recipes = foreach ($title in $cookbook.Keys) {
        $blocks = [regex]::Matches($cookbook[$title], '(?s)```powershell\n(.*?)```')
        @{ Title = $title; Scripts = @($blocks | ForEach-Object { $_.Groups[1].Value }) }
    }
    $script:counterparts = 'from-hyper-v.md', 'from-qemu-img.md' | ForEach-Object {
        [regex]::Matches((Get-Document $_), '(?m)^\| .* \| `(\w+-Vpc[^`]*)` \|$') | ForEach-Object { $_.Groups[1].Value }
    } | Sort-Object -Unique
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot HelpPage.ps1)
    $canMakeFileSystem = -not $IsWindows -and
        ($env:VHDPS_REQUIRE_PEERS -eq 1 -or (Get-Command mke2fs, /sbin/mke2fs -CommandType Application -ErrorAction Ignore))
    $path = $env:PATH
    if (-not $IsWindows) { $env:PATH += ':/usr/sbin:/sbin' }
}
AfterAll { $env:PATH = $path }

Describe 'the commands of the guides' {
    BeforeEach {
        # Small, for some commands hash the whole disk.
        Enter-ExampleFolder -Size 1GB
        $session = New-ExampleSession
    }
    AfterEach {
        $session.Dispose()
        Pop-Location
    }

    It 'are there' {
        $recipes.Count | Should -BeGreaterOrEqual 6
        $counterparts.Count | Should -BeGreaterOrEqual 25
    } -ForEach @{ recipes = $recipes; counterparts = $counterparts }

    It 'work as a recipe: <Title>' -ForEach $recipes {
        foreach ($script in $Scripts | Where-Object { $canMakeFileSystem -or $_ -notmatch 'mke2fs' }) {
            (Invoke-Example $session $script).Errors | Should -BeNullOrEmpty
        }
    }

    It 'work as a counterpart: <_>' -ForEach $counterparts {
        (Invoke-Example $session $_).Errors | Should -BeNullOrEmpty
    }
}
