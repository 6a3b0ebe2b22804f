BeforeDiscovery {
    # What draws the line of a record in a console.
    $script:hasRenderer = $null -ne ([AppDomain]::CurrentDomain.GetAssemblies() |
        Where-Object { $_.GetName().Name -eq 'Microsoft.PowerShell.ConsoleHost' } |
        ForEach-Object { $_.GetType('Microsoft.PowerShell.ProgressNode') })
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    $type = (Get-Command Get-VpcImage).ImplementingType.Assembly.GetType('VhdPS.CommandProgress')
    $name = 'disk-' + 'x' * 190 + '.vhd'

    # The record of a work on a file of 200 characters.
    function Get-Record([long] $Done, [long] $Total, [double] $Seconds, [string] $Verb = 'Converting') {
        $progress = $type.GetConstructors('Instance,Public,NonPublic')[0].Invoke(@($null, "/srv/$name", "$Verb $name"))
        $work = [VhdPS.Engine.Files.WorkProgress]::new($Done, $Total)
        $describe = $type.GetMethod('Describe', [Reflection.BindingFlags] 'Instance,NonPublic')
        $describe.Invoke($progress, @($work, [timespan]::FromSeconds($Seconds)))
    }

    # The line that a console of a width draws.
    function Get-Line($Record, [int] $Width) {
        $node = ([AppDomain]::CurrentDomain.GetAssemblies() |
            Where-Object { $_.GetName().Name -eq 'Microsoft.PowerShell.ConsoleHost' }).GetType('Microsoft.PowerShell.ProgressNode')
        $lines = [Collections.ArrayList]::new()
        $drawn = $node.GetConstructors('Instance,Public,NonPublic')[0].Invoke(@([long] 1, $Record))
        $render = $node.GetMethod('Render', [Reflection.BindingFlags] 'Instance,NonPublic')
        $null = $render.Invoke($drawn, @($lines, 0, $Width, $Host.UI.RawUI))
        "$lines" -replace '\e\[[0-9;]*m'
    }
}

Describe 'the line of progress' {
    BeforeDiscovery {
        $script:works = @(
            @{ Done = 1MB; Total = 4MB; Seconds = 1; Status = '25 % of 4 MiB, 1 MiB/s'; Left = 3 }
            @{ Done = 63.99TB; Total = 64TB; Seconds = 64000; Status = '99 % of 64 TiB, 1.02 GiB/s'; Left = 10 }
            @{ Done = 1023.99GB; Total = 1023.99GB; Seconds = 1024; Status = '100 % of 1023.99 GiB, 1023.99 MiB/s'; Left = 0 }
            @{ Done = 1000.99MB; Total = 1023.99TB; Seconds = 1; Status = '0 % of 1023.99 TiB, 1000.99 MiB/s'; Left = 1072668 }
            # It would take eleven digits of seconds.
            @{ Done = 1023.99KB; Total = 1023.99TB; Seconds = 1; Status = '0 % of 1023.99 TiB, 1023.99 KiB/s'; Left = -1 }
            @{ Done = 0; Total = 64TB; Seconds = 1; Status = '0 % of 64 TiB, 0 B/s'; Left = -1 }
            # Nobody knows how much there is.
            @{ Done = 1023.99TB; Total = 0; Seconds = 1e6; Status = '1023.99 TiB, 1.05 GiB/s'; Left = -1 }
            @{ Done = 0; Total = 0; Seconds = 1; Status = '0 B, 0 B/s'; Left = -1 }
            @{ Done = 12MB; Total = 10MB; Seconds = 1; Status = '100 % of 10 MiB, 12 MiB/s'; Left = 0 }
        )
    }

    It 'says <Status> and begins with the file' -ForEach $works {
        $record = Get-Record $Done $Total $Seconds
        $record.StatusDescription | Should -Be $Status
        $record.SecondsRemaining | Should -Be $Left
        $record.Activity | Should -BeLike 'Converting disk-x*…'
        $record.PercentComplete | Should -Be ($Total -gt 0 ? [Math]::Min(100, [Math]::Floor(100 * $Done / $Total)) : -1)
    }

    It 'is whole in 80 columns: <Status>' -ForEach $works -Skip:(-not $hasRenderer) {
        $line = Get-Line (Get-Record $Done $Total $Seconds) 80
        $line.Length | Should -BeLessOrEqual 80
        $line | Should -Match ([regex]::Escape("[$Status"))
        if ($Left -ge 0) { $line | Should -Match "[^0-9]$($Left)s\]$" }
    }

    It 'names the file whatever is done: <_>' -ForEach @(
        # What the commands say that they do.
        $sources = Get-ChildItem (Join-Path $PSScriptRoot '../../src/VhdPS') -Recurse -Filter *.cs
        $sources | Select-String '(?:BeginProgress\(|Work\(path, )"([^"]+)"' -AllMatches |
            ForEach-Object { $_.Matches } | ForEach-Object { $_.Groups[1].Value } | Sort-Object -Unique
    ) {
        (Get-Record 1 2 1 $_).Activity | Should -BeLike "$_ disk-xxxxx*…"
    }
}
