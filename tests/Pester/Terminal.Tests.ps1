BeforeDiscovery {
    # Every cmdlet that shows something of a file, on images whose every text is hostile.
    $script:calls = @(
        'Compare-VpcImage parent.vhd child.vhd'
        'Compare-VpcImage parent.vhd child.vhd -Structure'
        'Get-VpcChain child.vhd | Format-List'
        'Get-VpcBlock $sneaky | Format-List'
        'Get-VpcHash $sneaky | Format-List'
        '(Test-VpcImage *.vhd).Findings | Format-List'
        'Repair-VpcImage $torn | Format-List'
        'Test-VpcChecksum *.vhd | Format-List'
        'Optimize-VpcImage $sneaky -PassThru | Format-List'
        'Compare-VpcImage $sneaky parent.vhd -Structure | Format-List'
        'Convert-VpcImage $sneaky out.vhd -VhdType Fixed -PassThru'
        'Convert-VpcImage child.vhd out.vhd -VhdType Fixed -ParentPath parent.vhd -PassThru | Format-List'
        'Convert-VpcImage $sneaky out.vhd -WhatIf'
        'Get-VpcBlock $sneaky'
        'Get-VpcBlock child.vhd -Chain -ParentPath $sneaky -IgnoreIdMismatch'
        'Get-VpcChain child.vhd'
        'Get-VpcChain .'
        'Get-VpcChain child.vhd | ForEach-Object { $_.TriedPath } | ForEach-Object { "$_" }'
        'Get-VpcChain child.vhd | ForEach-Object Problem'
        'Get-VpcFooter parent.vhd'
        'Get-VpcFooter $sneaky | Format-Table'
        'Get-VpcFooter * | Format-Wide'
        'Get-VpcHash $sneaky'
        'Get-VpcHash child.vhd'
        'Get-VpcHash $sneaky -BlockManifest'
        'Get-VpcImage *.vhd | Format-Table'
        'Get-VpcImage *.vhd | Format-List'
        '(Get-VpcImage child.vhd).Header'
        'Get-VpcImage $torn'
        'Merge-VpcImage child.vhd'
        'Merge-VpcImage child.vhd -ParentPath parent.vhd -KeepChild -PassThru -WhatIf'
        'New-VpcImage new.vhd -ParentPath $sneaky'
        'New-VpcImage $sneaky -Size 1MB'
        'New-VpcImage "$sneaky.new.vhd" -Size 1MB -WhatIf'
        'Optimize-VpcImage $sneaky'
        'Optimize-VpcImage child.vhd -WhatIf'
        'Read-VpcSector $sneaky 0'
        'Read-VpcSector $sneaky 0 | Format-List'
        'Read-VpcSector child.vhd 0 -ParentPath $sneaky -IgnoreIdMismatch'
        'Read-VpcSector child.vhd 0'
        'Repair-VpcImage $torn'
        'Repair-VpcImage $torn -WhatIf'
        '(Repair-VpcImage $torn).Steps'
        '(Repair-VpcImage $torn).Steps | Format-Table'
        '$null = Repair-VpcImage $torn; Undo-VpcRepair $torn'
        'Resize-VpcImage $sneaky -Size 1MB -PassThru'
        'Resize-VpcImage $sneaky -Size 512 -WhatIf'
        'Set-VpcImage child.vhd -ParentPath $sneaky -PassThru | Format-List'
        'Set-VpcImage $sneaky -UniqueId (New-Guid) -WhatIf'
        'Show-VpcMap $sneaky'
        'Show-VpcMap $sneaky -OutFile map.svg -WhatIf'
        'Test-VpcChecksum *.vhd'
        'Test-VpcImage *.vhd'
        'Test-VpcImage *.vhd | Format-List'
        '(Test-VpcImage *.vhd).Findings'
        '(Test-VpcImage *.vhd).Findings | Format-Table'
        '(Test-VpcImage *.vhd -For HyperV).Rules'
        'Test-VpcImage child.vhd -ParentPath $sneaky'
        'Write-VpcSector $sneaky 0 ([byte[]]::new(512)) -WhatIf'
        'Write-VpcSector $torn 0 ([byte[]]::new(512))'
    ) | Where-Object { -not ($IsWindows -and $_ -match 'sneaky|torn') }
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    $escape = [char]27
    # Clears the screen, forges a line, turns the direction of what follows.
    $hostile = "$escape[2J`r`nForged: line$([char]0x9B)31m$([char]0x202E)gnp$([char]0x2028)"

    # All that a person would see: the views' text, and the text of every record as PowerShell's host shows it.
    function Get-Shown([string] $Call) {
        $ErrorActionPreference = $VerbosePreference = $DebugPreference = 'Continue'
        $WarningPreference = 'Continue'
        $all = @(. ([scriptblock]::Create($Call)) *>&1)
        foreach ($view in 'ConciseView', 'NormalView', 'CategoryView') {
            $ErrorView = $view
            $all | Out-String -Width 200 -Stream
        }
        foreach ($record in $all) {
            if ($record -is [Management.Automation.ErrorRecord]) {
                "$record"; $record.Exception.Message; "$($record.ErrorDetails)"; "$($record.CategoryInfo)"
            } elseif ($record -is [Management.Automation.InformationalRecord]) {
                $record.Message
            }
        }
    }

    # A line of its own is a forgery where the text holds one; views break lines themselves, so their pieces are looked at.
    function Find-Control([string[]] $Lines) {
        $own = [regex] '\e\[[0-9;]*m'
        foreach ($line in $Lines) {
            $text = $own.Replace($line, '')
            if ($text -match '[\x00-\x09\x0B\x0C\x0E-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]' -or
                $text -match '(?m)^Forged') { $text }
        }
    }
}

Describe 'the terminal' {
    BeforeEach {
        $null = Enter-Folder
        $creator = [byte[]](0x1B, 0x63, 0x9B, 0x4A)
        $parent = [ImageBytes]::Dynamic().WithId('parent').PutFooter(28, $creator).PutFooter(36, [byte[]](0x1B, 0x5B, 0x32, 0x4A))
        $parent.AddBlock(0, 7).Save('parent.vhd')
        $child = [ImageBytes]::Child('child', 'parent', $hostile).PutFooter(28, $creator)
        $locator = [Text.Encoding]::Unicode.GetBytes(".\$hostile.vhd")
        $at = $child.FooterOffset
        $child.Bytes.InsertRange($at, [byte[]]::new(512))
        $child.FooterOffset = $at + 512
        $null = $child.Poke($at, $locator)
        $entry = [Text.Encoding]::ASCII.GetBytes('W2ku') + [ImageBytes]::BigEndian(512) + [ImageBytes]::BigEndian($locator.Length) +
            [byte[]]::new(4) + [ImageBytes]::BigEndian8($at)
        $child.PutHeader(576, $entry).AddBlock(1, 8).Save('child.vhd')
        # A dynamic image that names a parent, has a hostile cookie in its header's place, and lost its end.
        $sneaky = "s${escape}c$([char]0x9B)$([char]0x202E)`n.vhd"
        $torn = "t${escape}c$([char]0x9B)$([char]0x202E)`n.vhd"
        if (-not $IsWindows) {
            [ImageBytes]::Dynamic().WithId('parent').PutFooter(28, $creator).PutHeader(64,
                [Text.Encoding]::BigEndianUnicode.GetBytes($hostile)).AddBlock(0, 9).Save($sneaky)
            [ImageBytes]::Dynamic().PutFooter(28, $creator).AddBlock(0, 9).CutEnd(512).Save($torn)
        }
    }
    AfterEach { Pop-Location }

    It 'gets no control character from a file by <_>' -ForEach $calls {
        $lines = @(Get-Shown $_)
        if ($_ -notmatch 'WhatIf') { $lines.Count | Should -BeGreaterThan 0 }
        Find-Control $lines | ForEach-Object { $_ | Format-Hex | Out-String } | Should -BeNullOrEmpty
    }

    It 'gets none by the text of an output: <_>' -ForEach @(
        'Get-VpcChain child.vhd', 'Get-VpcFooter child.vhd', 'Test-VpcImage *.vhd', '(Test-VpcImage *.vhd).Findings'
        'Compare-VpcImage parent.vhd child.vhd -Structure', '(Get-VpcImage child.vhd).Header'
    ) {
        $text = @(. ([scriptblock]::Create($_)) 3>$null) | ForEach-Object { "$_" }
        $text | Should -Not -BeNullOrEmpty
        Find-Control $text | Should -BeNullOrEmpty
    }

    It 'shows what was escaped as such' {
        (Get-VpcImage child.vhd | Format-List | Out-String -Width 300) | Should -Match '\\u001B\[2J\\u000D\\u000AForged'
        (Get-VpcFooter parent.vhd | Out-String) | Should -Match ([regex]::Escape("'\u001Bc\u009BJ'"))
        { Read-VpcSector child.vhd 0 -ErrorAction Stop } | Should -Throw '*\u001B`[2J\u000D\u000AForged: line\u009B31m\u202Egnp\u2028*'
    }

    It 'gets none by -WhatIf, which goes past all streams' -Skip:$IsWindows {
        $text = Invoke-PowerShell -NonInteractive -Command "
            Import-Module '$module'
            Set-Location -LiteralPath '$($PWD.ProviderPath)'
            Get-ChildItem -Filter t*.vhd | Repair-VpcImage -WhatIf
            Get-ChildItem -Filter s*.vhd | ForEach-Object { Show-VpcMap -LiteralPath `$_ -OutFile map.svg -WhatIf }"
        ($text -match '^What if: ').Count | Should -Be 2
        ($text -match '\\u001Bc\\u009B\\u202E\\u000A\.vhd').Count | Should -BeGreaterThan 1
        Find-Control $text | Should -BeNullOrEmpty
    }

    It 'takes a wildcard that is none for a wrong argument' -Skip:$IsWindows {
        $name = "a$escape[2J$([char]0x202E)`n.vhd"
        [IO.File]::Copy((Join-Path $PWD.ProviderPath parent.vhd), (Join-Path $PWD.ProviderPath $name))
        $problem = $null
        Get-VpcImage $name, parent.vhd -ErrorAction SilentlyContinue -ErrorVariable problem | Should -HaveCount 1
        $problem | Should -HaveCount 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        Find-Control "$($problem[0])" | Should -BeNullOrEmpty
    }

    It 'properties keep the truth' {
        $image = Get-VpcImage child.vhd
        $image.CreatorApplication | Should -BeExactly "${escape}c$([char]0x9B)J"
        $image.ParentPath.Contains($hostile) | Should -BeTrue
        $image.Header.ParentUnicodeName | Should -BeExactly $hostile
        if (-not $IsWindows) {
            (Get-VpcImage $sneaky).Path | Should -BeExactly (Join-Path $PWD.ProviderPath $sneaky)
            (Test-VpcImage $sneaky).Path | Should -BeExactly (Join-Path $PWD.ProviderPath $sneaky)
            Get-VpcImage $sneaky | Get-VpcHash | Should -HaveCount 1
        }
    }

    It 'draws a picture that is XML whatever the name' -Skip:$IsWindows {
        foreach ($character in 1, 8, 11, 27, 127, 0x85, 0x202E, 0x2028, 0xFFFE, 0xFFFF) {
            $name = "a$([char]$character)<&>b.vhd"
            Copy-Item parent.vhd $name
            $null = Show-VpcMap $name -OutFile map.svg -Force
            $svg = [xml](Get-Content -Raw map.svg)
            $svg.svg.title | Should -BeLike ('*a\u{0:X4}<&>b.vhd*' -f $character)
        }
    }

    It 'counts a run of damaged blocks as one line' {
        $image = [ImageBytes]::Dynamic(4MB).AddBlock(0, 7)
        2..1000 | ForEach-Object { $null = $image.PutEntry($_, 0x00FF0000) }
        $image.AddBlock(1001, 8).Save('hurt.vhd')
        $blocks = Get-VpcBlock hurt.vhd 3>$null
        $blocks.State | Should -Be 'Allocated', 'Zero', 'Damaged', 'Allocated', 'Zero'
        $blocks[2].Count | Should -Be 999
        $blocks[2].FileOffset | Should -BeNullOrEmpty
        (Get-VpcBlock hurt.vhd -Detailed 3>$null).State | Should -Be 'Allocated', 'Zero', 'Damaged', 'Allocated', 'Zero'
        $result = Test-VpcImage hurt.vhd
        $finding = $result.Findings | Where-Object Code -EQ BatEntryPastEnd
        $finding | Should -HaveCount 1
        ($finding.Block, $finding.BlockCount) | Should -Be 2, 999
        $result.Errors | Should -Be 999
        "$(Show-VpcMap hurt.vhd 3>$null)" | Should -Match '!{10,}(.|\n)*! damaged entry'
        $null = Show-VpcMap hurt.vhd -OutFile map.svg 3>$null
        Get-Content -Raw map.svg | Should -Match 'class="damaged" x='
    }
}
