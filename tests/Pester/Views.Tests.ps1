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
        -join ($shown | ForEach-Object { $_.Length -gt 62 ? $_.Substring(62) : '' }) | Should -BeLike "*$longName*"
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
