BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)

    function Get-Completion([string] $Typed) {
        (TabExpansion2 -inputScript $Typed -cursorColumn $Typed.Length).CompletionMatches.ListItemText
    }
}

Describe 'tab completion' {
    BeforeAll {
        $null = Enter-Folder
        $null = 'data.vhd', 'snapshot.avhd', 'sp ace[1].vhd' | New-VpcImage -Size 1MB
        $null = New-Item -ItemType Directory dir
        'text' | Set-Content data.txt
    }
    AfterAll { Pop-Location }

    It 'offers images and folders for <_>' -ForEach 'Get-VpcImage ', 'Get-VpcImage -Path ', 'Test-VpcChecksum -LiteralPath ' {
        Get-Completion $_ | Sort-Object | Should -Be @('data.vhd', 'dir', 'snapshot.avhd', 'sp ace[1].vhd')
    }

    It 'narrows down by what is typed' {
        Get-Completion 'Get-VpcFooter da' | Should -Be 'data.vhd'
    }

    It 'offers other files where no image fits' {
        Get-Completion 'Get-VpcImage data.tx' | Should -Be 'data.txt'
    }

    It 'inserts a path that binds' {
        $typed = 'Get-VpcImage -LiteralPath sp'
        $match = (TabExpansion2 -inputScript $typed -cursorColumn $typed.Length).CompletionMatches[0].CompletionText
        (. ([scriptblock]::Create("Get-VpcImage -LiteralPath $match"))).Size | Should -Be 1MB
    }
}
