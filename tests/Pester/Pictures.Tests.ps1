BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    $root = Split-Path (Split-Path $PSScriptRoot)

    # How much a file takes on the disk is the file system's affair.
    function Get-Picture([string] $Path) {
        (Get-Content -Raw $Path) -replace '(Dynamic\s+20 GiB\s+42 KiB\s+)[\d.]+ (B|KiB)', '$1 ?'
    }
}

Describe 'The pictures of the README' {
    BeforeEach { $folder = Enter-Folder }
    AfterEach { Pop-Location }

    It 'are what the commands print today' -Skip:$IsWindows {
        Invoke-PowerShell -NonInteractive -File (Join-Path $root docs/pictures/New-Pictures.ps1) -ModulePath $module -OutFolder $folder |
            Should -BeNullOrEmpty
        $LASTEXITCODE | Should -Be 0
        foreach ($name in 'session.svg', 'map.svg') {
            $made = Get-Picture $name
            { [xml]$made } | Should -Not -Throw
            $made | Should -Be (Get-Picture (Join-Path $root docs/pictures $name))
        }
    }
}
