BeforeDiscovery {
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $script:isMissing = -not (Find-Azurite) -and $env:VHDPS_REQUIRE_PEERS -ne 1
    $script:hasTerminal = $IsLinux -and (Get-Command script -ErrorAction Ignore)
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot Azurite.ps1)
    $longName = 'a-rather-long-name-of-the-image-of-a-server-2026-11-01.vhd'

    # Good and damaged images, small ones and the largest, short and long names, a chain and one whose parent is gone.
    function Write-Image {
        $null = New-VpcImage $longName -Size 2040GB
        $null = New-VpcImage fixed.vhd -Size 4MB -VhdType Fixed
        $null = New-VpcImage base.vhd -Size 1023.99GB
        Write-VpcSector base.vhd 0 ([byte[]](, 7 * 512))
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        $null = New-VpcImage leaf-of-$longName -ParentPath child.vhd
        Write-VpcSector leaf-of-$longName 4294967 ([byte[]](, 7 * 1024))
        $null = New-VpcImage hurt.vhd -Size 1GB
        -100, 700 | ForEach-Object { Edit-Byte hurt.vhd $_ }
        [ImageBytes]::Dynamic(4MB).AddBlock(0, 7).PutEntry(2, 0x00FF0000).AddBlock(1001, 8).Save('entries.vhd')
        Write-GptDisk gpt.img
        Convert-VpcImage gpt.img system.vhd -SourceFormat Raw
    }

    # Nothing is longer than the width or cut off, no header is broken.
    function Assert-Shown([string] $Text, [int] $Width) {
        $lines = $Text -split '\r?\n'
        $lines.Count | Should -BeGreaterThan 2
        $lines | Where-Object Length -GT $Width | Should -BeNullOrEmpty
        $lines -match '…' | Should -BeNullOrEmpty
        # A header that is broken has more than one line between the blank one and the rule.
        $rule = 2..($lines.Count - 1) | Where-Object { $lines[$_] -match '^ *--+( +-+)* *$' } | Select-Object -First 1
        if ($rule) { $lines[$rule - 2].Trim() | Should -BeNullOrEmpty }
    }

    # The narrowest terminal that people use, and a usual one.
    function Assert-Fitting([object[]] $Objects) {
        $Objects.Count | Should -BeGreaterThan 0
        80, 120 | ForEach-Object { Assert-Shown ($Objects | Out-Shown $_) $_ }
    }
}

Describe 'views of what reads' {
    BeforeAll {
        $null = Enter-Folder
        Write-Image
        $null = New-VpcImage large-of-$($longName)x -Size 63.99TB
        $null = New-VpcImage child.vhdx -ParentPath large-of-$($longName)x
        $null = New-Item -ItemType Directory orphan, beneath
        $null = New-VpcImage orphan/gone.vhd -Size 1GB
        $null = New-VpcImage orphan/$longName -ParentPath orphan/gone.vhd
        Remove-Item orphan/gone.vhd
        $null = New-VpcImage beneath/child.vhd -ParentPath base.vhd -WarningAction Ignore
        $common = @{ ErrorAction = 'Ignore'; WarningAction = 'Ignore' }
    }
    AfterAll {
        Get-VpcServer | Stop-VpcServer
        Pop-Location
    }

    It 'fit into 80 and 120 columns: <_>' -ForEach @(
        'Get-VpcImage * @common'
        'Get-VpcImage * @common | Format-Table'
        'Get-VpcImage * @common | Format-List'
        'Get-VpcImage * @common | Format-Wide'
        'Get-VpcFooter *.vhd @common'
        'Get-VpcFooter *.vhd @common | Format-Table'
        'Get-VpcFooter leaf-of-$longName -Structure Header'
        'Get-VpcFooter leaf-of-$longName -Structure Locator'
        'Get-VpcFooter leaf-of-$longName -Structure Table'
        'Get-VpcFooter leaf-of-$longName -Structure Bitmap'
        'Get-VpcHash fixed.vhd'
        'Get-VpcHash fixed.vhd | Format-List'
        'Get-VpcHash fixed.vhd -Algorithm SHA512'
        'Get-VpcHash system.vhd -BlockManifest'
        'Get-VpcHash system.vhd -BlockManifest | Format-List'
        'Get-VpcPartition system.vhd'
        'Get-VpcPartition system.vhd | Format-List'
        'Get-VpcBlock leaf-of-$longName'
        'Get-VpcBlock leaf-of-$longName -Detailed'
        'Get-VpcBlock leaf-of-$longName -Chain'
        'Get-VpcBlock leaf-of-$longName -Chain | Format-List'
        'Get-VpcBlock entries.vhd @common'
        'Get-VpcBlock entries.vhd @common | Format-List'
        'Get-VpcBlock child.vhdx'
        'Show-VpcMap leaf-of-$longName'
        'Show-VpcMap entries.vhd @common'
        'Show-VpcMap system.vhd'
        'Show-VpcMap large-of-$($longName)x'
        'Show-VpcMap leaf-of-$longName | Format-List'
        'Get-VpcChain child.vhd'
        'Get-VpcChain . @common'
        'Get-VpcChain . @common | Format-List'
        'Get-VpcChain orphan/$longName @common'
        'Get-VpcChain beneath/child.vhd @common'
        'Get-VpcChain child.vhdx'
        'Compare-VpcImage base.vhd leaf-of-$longName'
        'Compare-VpcImage base.vhd leaf-of-$longName | Format-List'
        'Compare-VpcImage fixed.vhd leaf-of-$longName -Structure'
        'Compare-VpcImage fixed.vhd leaf-of-$longName -Structure | Format-List'
        'Read-VpcSector child.vhd 0 2'
        'Read-VpcSector leaf-of-$longName 4294967 2 | Format-Table'
        'Read-VpcSector leaf-of-$longName 4294967 2 | Format-List'
        'Test-VpcChecksum *.vhd'
        'Test-VpcChecksum *.vhd | Format-List'
        '(Test-VpcChecksum base.vhd).Footer'
        '(Test-VpcChecksum hurt.vhd).Header | Format-List'
        'Test-VpcImage * @common'
        'Test-VpcImage * -For Azure @common | Format-List'
        '(Test-VpcImage hurt.vhd).Findings'
        '(Test-VpcImage hurt.vhd).Findings | Format-Table'
        '(Test-VpcImage hurt.vhd).Findings | Format-List'
        '(Test-VpcImage base.vhd -For Azure).Rules'
        '(Test-VpcImage base.vhd -For Azure).Rules | Format-List'
        '(Test-VpcImage $longName).SizeSeen'
        'Start-VpcServer leaf-of-$longName -Port 0'
        'Start-VpcServer $longName, base.vhd -Port 0 | Format-Table'
        'Get-VpcServer'
        '(Get-VpcServer).Exports'
        'Start-VpcServer base.vhd -Port 0 | Stop-VpcServer -PassThru'
        'Send-VpcImage $longName -WhatIf'
        'Send-VpcImage system.vhd -FreeSpace -WhatIf'
        'Send-VpcImage *.vhd -WhatIf @common | Format-Table'
        'Merge-VpcImage leaf-of-$longName -WhatIf'
        'Merge-VpcImage leaf-of-$longName, child.vhd -WhatIf @common | Format-Table'
        'Convert-VpcImage $longName new.vhdx -WhatIf'
        'Convert-VpcImage system.vhd new.vhd -FreeSpace -WhatIf'
        'Convert-VpcImage $longName new.vhdx -WhatIf | Format-Table'
        'Resize-VpcImage $longName 1TB -WhatIf'
        'Resize-VpcImage $longName 1TB -WhatIf | Format-Table'
        'Optimize-VpcImage *.vhd -Mode Quick -WhatIf @common'
        'Optimize-VpcImage *.vhd -Mode Quick -WhatIf @common | Format-List'
        'Repair-VpcImage hurt.vhd -WhatIf'
        'Repair-VpcImage hurt.vhd -WhatIf | Format-Table'
    ) {
        Assert-Fitting @(. ([scriptblock]::Create($_)))
    }

    It 'have sizes with their units and no provider path: <_>' -ForEach @(
        'Get-VpcHash fixed.vhd', 'Get-VpcBlock base.vhd', 'Show-VpcMap base.vhd', 'Get-VpcChain base.vhd', 'Get-VpcPartition system.vhd'
        'Test-VpcChecksum base.vhd', 'Optimize-VpcImage base.vhd -WhatIf', 'Compare-VpcImage base.vhd child.vhd'
        'Get-VpcImage base.vhd', '(Test-VpcImage hurt.vhd).Findings'
    ) {
        $shown = . ([scriptblock]::Create($_)) | Format-List | Out-Shown 120
        $shown | Should -Not -Match 'PSPath'
        $shown | Should -Not -Match '(?m)^(Size|FileSize|BlockSize|Saved|Length|SizeOnDisk\w*|FileSize\w+) *: \d+ *\r?$'
    }

    It 'tell of a run of blocks the owner where there can be several' {
        Get-VpcBlock leaf-of-$longName | Out-Shown 80 | Should -Not -Match 'Owner'
        Get-VpcBlock leaf-of-$longName -Chain | Out-Shown 80 | Should -Match '(?m)^ +0 +0 +2 MiB Allocated +2101248 base\.vhd *\r?$'
    }
}

Describe 'views of what writes' {
    BeforeEach {
        $null = Enter-Folder
        Write-Image
        $common = @{ ErrorAction = 'Ignore'; WarningAction = 'Ignore' }
    }
    AfterEach { Pop-Location }

    It 'fit into 80 and 120 columns: <_>' -ForEach @(
        'New-VpcImage new-$longName -Size 2040GB'
        'New-VpcImage new-$($longName)x -Size 64TB'
        'Write-VpcSector $longName 4294967 ([byte[]](, 7 * 1024)) -PassThru'
        'Merge-VpcImage leaf-of-$longName -PassThru'
        'Convert-VpcImage $longName new-$($longName)x -PassThru'
        'Resize-VpcImage $longName 1TB -PassThru'
        'Set-VpcImage $longName -CreatorApplication abcd -PassThru'
        'Optimize-VpcImage *.vhd -Mode Quick @common'
        'Optimize-VpcImage system.vhd -FreeSpace | Format-List'
        '(Optimize-VpcImage system.vhd -FreeSpace).FreeSpace'
        'Repair-VpcImage hurt.vhd'
        'Repair-VpcImage hurt.vhd | Format-List'
        '(Repair-VpcImage hurt.vhd).Steps'
        '(Repair-VpcImage hurt.vhd).Steps | Format-Table'
        '(Repair-VpcImage hurt.vhd).Steps | Format-List'
        'Repair-VpcImage hurt.vhd; Undo-VpcRepair hurt.vhd'
        'Show-VpcMap $longName -OutFile map.svg'
    ) {
        Assert-Fitting @(. ([scriptblock]::Create($_)))
    }
}

Describe 'views of transfers' -Skip:$isMissing {
    BeforeAll {
        $server = Start-Azurite
        $null = Enter-Folder
        $null = New-FilledImage $longName 24MB 5MB
        $sas = New-Sas $server
    }
    AfterAll {
        Pop-Location
        Stop-Azurite $server
    }

    It 'fit into 80 and 120 columns, as lists and as tables' {
        $outputs = @(
            , @(Send-VpcImage $longName $sas -Verify)
            , @(Send-VpcImage $longName $sas -Force -WhatIf)
            , @(Receive-VpcImage $sas got-$longName -WhatIf)
            , @(Receive-VpcImage $sas got-$longName)
        )
        foreach ($output in $outputs) {
            foreach ($width in 80, 120) {
                Assert-Shown ($output | Out-Shown $width) $width
                Assert-Shown ($output | Format-Table | Out-Shown $width) $width
            }
        }
        $outputs[0] | Format-Table | Out-Shown 80 | Should -Match '(?m)^ +24 MiB +5 MiB +19 MiB +00:00:\d\d\.\d a-rather'
    }

    It 'count the hours of a transfer of days' {
        $result = Send-VpcImage $longName $sas -Force
        $result | Add-Member NoteProperty Elapsed ([timespan] '1.02:03:04.5') -Force
        $result | Out-Shown 80 | Should -Match '(?m)^Elapsed +: 26:03:04\.5'
        $result | Format-Table | Out-Shown 80 | Should -Match ' 26:03:04\.5 '
    }
}

Describe 'views' {
    BeforeEach {
        $null = Enter-Folder
        Write-Image
        $null = New-Item -ItemType Directory orphan, beneath
        $null = New-VpcImage orphan/gone.vhd -Size 1GB
        $null = New-VpcImage orphan/child.vhd -ParentPath orphan/gone.vhd
        Remove-Item orphan/gone.vhd
        $null = New-VpcImage beneath/child.vhd -ParentPath base.vhd -WarningAction Ignore
    }
    AfterEach { Pop-Location }

    It 'show a long name whole' {
        $shown = (Get-VpcImage $longName | Out-Shown 80) -split '\r?\n'
        -join ($shown | ForEach-Object { $_.Length -gt 49 ? $_.Substring(49) : '' }) | Should -BeLike "*$longName*"
    }

    It 'keep the state of a chain whatever its names, and its ids where there is room' {
        $null = New-VpcImage other-leaf-of-$longName -ParentPath base.vhd
        Rename-Item base.vhd base-that-is-somewhere-else.vhd
        $chain = Get-VpcChain other-leaf-of-$longName -ErrorAction Ignore
        $shown = $chain | Out-Shown 80
        $shown | Should -Match '(?m)^└─ base\.vhd .* Missing\r?$'
        $shown | Should -Match '(?m) Ok\r?$'
        $chain | Out-Shown 120 | Should -BeLike "*$($chain[0].UniqueId)*"
    }

    It 'colour what is wrong, on a host that shows colours: <Shown>' -ForEach @(
        @{ Call = 'Test-VpcImage hurt.vhd'; Shown = 'False'; Style = 'Error' }
        @{ Call = 'Test-VpcChecksum hurt.vhd'; Shown = '0x[0-9A-F]{8} WRONG'; Style = 'Error' }
        @{ Call = 'Get-VpcChain hurt.vhd -ErrorAction Ignore'; Shown = 'Damaged'; Style = 'Error' }
        @{ Call = 'Get-VpcChain orphan/child.vhd -ErrorAction Ignore'; Shown = 'Missing'; Style = 'Error' }
        @{ Call = 'Get-VpcChain beneath/child.vhd -ErrorAction Ignore'; Shown = 'NotFollowed'; Style = 'Warning' }
        @{ Call = '(Test-VpcImage hurt.vhd).Findings | Format-Table'; Shown = 'Warning'; Style = 'Warning' }
        @{ Call = '(Test-VpcImage base.vhd -For Azure).Rules'; Shown = 'False'; Style = 'Error' }
    ) {
        $rendering = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            $colour = [regex]::Escape($PSStyle.Formatting.$Style)
            . ([scriptblock]::Create($Call)) | Out-String | Should -Match "$colour$Shown$([regex]::Escape($PSStyle.Reset))"
            $PSStyle.OutputRendering = 'PlainText'
            . ([scriptblock]::Create($Call)) | Out-String | Should -Not -Match '\e'
        }
        finally { $PSStyle.OutputRendering = $rendering }
    }

    It 'have no escape sequence where none is wanted: <Way>' -ForEach @(
        @{ Way = '$PSStyle.OutputRendering is PlainText'; Prefix = '$PSStyle.OutputRendering = "PlainText"'; Variable = $null }
        @{ Way = 'the environment has NO_COLOR'; Prefix = ''; Variable = '1' }
        if ($hasTerminal) { @{ Way = 'the environment of a terminal has NO_COLOR'; Prefix = ''; Variable = '1' } }
    ) {
        # Each command by itself goes to the host, as at a prompt.
        $calls = @(
            'Test-VpcImage *.vhd', '(Test-VpcImage hurt.vhd).Findings | Format-Table', 'Test-VpcChecksum *.vhd', 'Get-VpcChain .'
            'Get-VpcChain orphan/child.vhd', 'Get-VpcChain beneath/child.vhd', '(Test-VpcImage base.vhd -For Azure).Rules'
            'Get-VpcBlock entries.vhd', 'Show-VpcMap base.vhd'
        )
        @(
            $Prefix
            'if ($env:SHOW) { $PSStyle.OutputRendering = $env:SHOW }'
            '$ErrorActionPreference = $WarningPreference = "SilentlyContinue"'
            "Import-Module '$module'"
            "Set-Location -LiteralPath '$($PWD.ProviderPath)'"
            foreach ($call in $calls) { "$call | Out-Host" }
        ) | Set-Content show.ps1
        $script = (Resolve-Path show.ps1).ProviderPath
        $before = $env:NO_COLOR
        try {
            $env:NO_COLOR = $Variable
            $run = {
                if ($Way -like '*terminal*') {
                    $program = (Get-PowerShellCommand | ForEach-Object { "'$_'" }) -join ' '
                    script -qec "$program -NoProfile -NonInteractive -File '$script'" /dev/null
                }
                else { Invoke-PowerShell -NonInteractive -File $script }
            }
            # What a terminal is told of its modes when PowerShell begins is no colour.
            $shown = (& $run) -join "`n"
            $shown | Should -Match 'NotFollowed'
            $shown | Should -Match 'Missing'
            $shown | Should -Not -Match '\e\[[0-9;]*m'
            if (-not $Prefix) {
                $env:SHOW = 'Ansi'
                (& $run) -join "`n" | Should -Match '\e\[[0-9;]*mNotFollowed' -Because 'the colours are there where they are wanted'
            }
        }
        finally {
            $env:NO_COLOR = $before
            $env:SHOW = $null
        }
    }

    It 'show rows as they come' {
        # A table that measured its rows first would give the later ones, whose sizes are longer, too narrow columns.
        $rows = & {
            Get-VpcImage fixed.vhd
            Start-Sleep -Milliseconds 600
            Get-VpcImage base.vhd
        }
        $rows | Out-Shown 80 | Should -BeLike '*1023.99 GiB*'
    }

    It 'have the names in wide form: <_>' -ForEach 'Get-VpcImage', 'Get-VpcFooter', 'Test-VpcImage', 'Get-VpcHash' {
        Copy-Item fixed.vhd same.vhd
        & $_ fixed.vhd, same.vhd | Format-Wide | Out-Shown 80 | Should -Match '(?m)^fixed\.vhd +same\.vhd *\r?$'
    }
}
