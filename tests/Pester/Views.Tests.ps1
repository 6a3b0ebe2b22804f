BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    $longName = 'a-rather-long-name-of-the-image-of-a-server-2026-11-01.vhd'
}

Describe 'views' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage $longName -Size 2040GB
        $null = New-VpcImage fixed.vhd -Size 4MB -VhdType Fixed
        $null = New-VpcImage base.vhd -Size 1023.99GB
        Write-VpcSector base.vhd 0 ([byte[]](, 7 * 512))
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        $null = New-VpcImage hurt.vhd -Size 1GB
        Write-GptDisk gpt.img
        Convert-VpcImage gpt.img system.vhd -SourceFormat Raw
        -100, 700 | ForEach-Object { Edit-Byte hurt.vhd $_ }
    }
    AfterEach { Pop-Location }

    # The narrowest terminal that people use: nothing is cut off, no header is broken.
    It 'fit into 80 columns: <_>' -ForEach @(
        'Get-VpcImage *.vhd -ErrorAction Ignore'
        'Get-VpcImage *.vhd -ErrorAction Ignore | Format-Table'
        'Get-VpcFooter *.vhd -WarningAction Ignore | Format-Table'
        'Get-VpcHash fixed.vhd'
        'Get-VpcHash fixed.vhd -Algorithm SHA512'
        'Get-VpcPartition system.vhd'
        'Get-VpcChain child.vhd'
        'Get-VpcChain .'
        'Compare-VpcImage fixed.vhd base.vhd -Structure'
        'Optimize-VpcImage *.vhd -Mode Quick -ErrorAction Ignore'
        'Read-VpcSector child.vhd 0 2'
        'Read-VpcSector child.vhd 0 2 | Format-Table'
        'Test-VpcChecksum *.vhd'
        '(Test-VpcChecksum base.vhd).Footer'
        'Test-VpcImage *.vhd'
        '(Test-VpcImage hurt.vhd).Findings'
        '(Test-VpcImage hurt.vhd).Findings | Format-Table'
        '(Test-VpcImage base.vhd -For Azure).Rules'
        'Repair-VpcImage hurt.vhd'
        '(Repair-VpcImage hurt.vhd).Steps'
        '(Repair-VpcImage hurt.vhd).Steps | Format-Table'
    ) {
        $lines = (. ([scriptblock]::Create($_)) | Out-Shown 80) -split '\r?\n'
        $shown = @($lines -notmatch '^   .*: ')
        $shown.Count | Should -BeGreaterThan 2
        $shown | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        $shown -match '…' | Should -BeNullOrEmpty
        # A header that is broken has more than one line between the blank one and the rule.
        $rule = 2..($lines.Count - 1) | Where-Object { $lines[$_] -match '^ *----' } | Select-Object -First 1
        if ($rule) { $lines[$rule - 2].Trim() | Should -BeNullOrEmpty }
    }

    It 'show a long name whole' {
        $shown = (Get-VpcImage $longName | Out-Shown 80) -split '\r?\n'
        -join ($shown | ForEach-Object { $_.Length -gt 49 ? $_.Substring(49) : '' }) | Should -BeLike "*$longName*"
    }

    It 'keep the state of a chain whatever its names, and its ids where there is room' {
        $null = New-VpcImage leaf-of-$longName -ParentPath base.vhd
        Rename-Item base.vhd base-that-is-somewhere-else.vhd
        $chain = Get-VpcChain leaf-of-$longName -ErrorAction Ignore
        $shown = $chain | Out-Shown 80
        $shown | Should -Match '(?m)^└─ base\.vhd .* Missing\r?$'
        $shown | Should -Match '(?m) Ok\r?$'
        $chain | Out-Shown 120 | Should -BeLike "*$($chain[0].UniqueId)*"
    }

    It 'colour what is wrong, on a host that shows colours: <Shown>' -ForEach @(
        @{ Call = 'Test-VpcImage hurt.vhd'; Shown = 'False'; Style = 'Error' }
        @{ Call = 'Test-VpcChecksum hurt.vhd'; Shown = '0x[0-9A-F]{8} WRONG'; Style = 'Error' }
        @{ Call = 'Get-VpcChain hurt.vhd -ErrorAction Ignore'; Shown = 'Damaged'; Style = 'Error' }
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
