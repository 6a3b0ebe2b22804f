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

    It 'offers <Offered> for <Typed>' -ForEach @(
        @{ Typed = 'Get-VpcImage data.vhd -SizeRule '; Offered = 'Auto', 'Chs', 'CurrentSize' }
        @{ Typed = 'New-VpcImage x.vhd 1GB -VhdType '; Offered = 'Dynamic', 'Fixed' }
        @{ Typed = 'New-VpcImage x.vhd 1GB -BlockSize 2'; Offered = '256KB', '2MB' }
        @{ Typed = 'New-VpcImage x.vhd 1GB -BlockSizeBytes 3'; Offered = '32MB' }
        @{ Typed = 'Get-VpcHash data.vhd -BlockManifest -BlockSize '; Offered = '16MB', '2MB', '4MB', '512KB', '64KB' }
        @{ Typed = 'Set-VpcImage data.vhd -CreatorApplication v'; Offered = 'vbox', 'vpc ', 'vs  ' }
        @{ Typed = "Set-VpcImage data.vhd -CreatorApplication 'w"; Offered = 'wa', 'win ' }
        @{ Typed = 'Repair-VpcImage data.vhd -Code BatEntry'; Offered = 'BatEntryDuplicate', 'BatEntryInStructure', 'BatEntryPastEnd' }
        @{ Typed = 'Convert-VpcImage data.vhd -VhdType '; Offered = 'Differencing', 'Dynamic', 'Fixed', 'Raw' }
        @{ Typed = 'Set-VpcImage data.vhd -SavedState '; Offered = '$false', '$true' }
        @{ Typed = 'Get-VpcFooter data.vhd -Structure '; Offered = 'Bitmap', 'Footer', 'Header', 'Locator', 'Table' }
        @{ Typed = 'Convert-VpcImage data.vhd -For '; Offered = 'Azure' }
    ) {
        Get-Completion $Typed | Sort-Object -CaseSensitive | Should -BeExactly ($Offered | Sort-Object -CaseSensitive)
    }

    It 'puts a creator with its blanks in quotes' {
        $typed = 'Set-VpcImage data.vhd -CreatorApplication wi'
        (TabExpansion2 $typed $typed.Length).CompletionMatches.CompletionText | Should -BeExactly "'win '"
    }
}

Describe 'sizes' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage data.vhd -Size 1MB
    }
    AfterEach { Pop-Location }

    It 'are taken as they are written: <_>' -ForEach '2GB', "'2GB'", "'2 GiB'", "'2gib'", "'2048 MiB'", '2147483648' {
        (. ([scriptblock]::Create("Resize-VpcImage data.vhd -Size $_ -PassThru"))).Size | Should -Be 2GB
    }

    It 'are refused where they are none: <_>' -ForEach "'2 apples'", "'GiB'" {
        { . ([scriptblock]::Create("Resize-VpcImage data.vhd -Size $_")) } | Should -Throw -ErrorId 'CannotConvertArgumentNoMessage,*'
    }
}
