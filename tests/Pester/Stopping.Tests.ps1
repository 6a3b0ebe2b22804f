BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)

    # Runs a script in a session of its own until it has written an object or a progress record, and stops it as Ctrl+C does.
    # Returns what it has written so far.
    function Stop-Script([string] $Script) {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$module'; Set-Location -LiteralPath '$PWD'; $Script")
            $output = [Management.Automation.PSDataCollection[psobject]]::new()
            $run = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
            while (-not $run.IsCompleted -and $output.Count -eq 0 -and $shell.Streams.Progress.Count -eq 0) { Start-Sleep -Milliseconds 5 }
            $shell.Stop()
            $streams = $shell.Streams
            [pscustomobject]@{ State = $shell.InvocationStateInfo.State; Errors = @($streams.Error); Progress = @($streams.Progress) }
        }
        finally {
            $shell.Dispose()
        }
    }

    # Fails where something still has a file open.
    function Assert-Free {
        Get-ChildItem -File | ForEach-Object { [IO.File]::Open($_.FullName, 'Open', 'ReadWrite', 'None').Dispose() }
    }
}

Describe 'work that is stopped' {
    BeforeEach { $null = Enter-Folder }
    AfterEach { Pop-Location }

    It 'has shown its progress, and leaves no litter' {
        $chunk = [byte[]]::new(4MB)
        [Random]::new(1).NextBytes($chunk)
        $stream = [IO.File]::Create((Join-Path $PWD big.raw))
        1..150 | ForEach-Object { $stream.Write($chunk, 0, $chunk.Length) }
        $stream.Dispose()
        $result = Stop-Script 'while ($true) { Convert-VpcImage big.raw t.vhd -SourceFormat Raw -Force -Verify }'
        $result.State | Should -Be 'Stopped'
        $result.Errors | Should -BeNullOrEmpty
        $result.Progress[0].Activity | Should -Be 'Converting big.raw'
        $result.Progress[0].StatusDescription | Should -Match '^\d+ % of 1\.17 GiB, .*/s$'
        $result.Progress[0].PercentComplete | Should -BeGreaterOrEqual 0
        $result.Progress[0].PercentComplete | Should -BeLessThan 100
        (Get-ChildItem -Force).Name | Where-Object { $_ -notin 'big.raw', 't.vhd' } | Should -BeNullOrEmpty
        # The target is not there, or whole.
        Get-ChildItem *.vhd | Get-VpcImage | Where-Object AllocatedBlockCount -NE 300 | Should -BeNullOrEmpty
        Assert-Free
    }

    It 'ends a long read' {
        $null = New-VpcImage d.vhd -Size 20GB
        $result = Stop-Script 'Read-VpcSector d.vhd 0 41943040'
        $result.State | Should -Be 'Stopped'
        $result.Errors | Should -BeNullOrEmpty
        Assert-Free
        Get-Unsound | Should -BeNullOrEmpty
    }

    It 'ends the work on many files' {
        1..6 | ForEach-Object { $null = New-VpcImage "long$_.vhd" -Size 200GB }
        $result = Stop-Script 'Get-VpcHash long*.vhd -ThrottleLimit 3'
        $result.State | Should -Be 'Stopped'
        $result.Errors | Should -BeNullOrEmpty
        Assert-Free
    }
}

Describe 'a writer that is killed' {
    It 'loses nothing that it reported' {
        $folder = Enter-Folder
        $null = New-VpcImage d.vhd -Size 2MB -BlockSize 8KB
        $program, $arguments = @(Get-PowerShellCommand) + @('-NoProfile', '-NonInteractive', '-Command', "
            Import-Module '$module'
            for (`$i = 0; ; `$i++) {
                Write-VpcSector '$folder/d.vhd' (`$i * 37 % 4088) ([byte[]](, (`$i % 255 + 1) * 4096))
                [Console]::Out.WriteLine(`$i)
            }")
        $start = [Diagnostics.ProcessStartInfo]::new($program)
        $arguments | ForEach-Object { $start.ArgumentList.Add($_) }
        $start.RedirectStandardOutput = $true
        $writer = [Diagnostics.Process]::Start($start)
        while (($line = $writer.StandardOutput.ReadLine()) -ne 40) { $line | Should -Match '^\d+$' -Because 'it writes without end' }
        $writer.Kill()
        $reported = ($writer.StandardOutput.ReadToEnd() -split '\r?\n' -match '^\d+$' | Select-Object -Last 1) ?? 40
        $writer.WaitForExit()

        (Test-VpcImage d.vhd -Full).IsValid | Should -BeTrue
        $disk = [byte[]]::new(2MB)
        0..$reported | ForEach-Object { [Array]::Fill($disk, [byte]($_ % 255 + 1), $_ * 37 % 4088 * 512, 4096) }
        # The write that was under way may be there or not.
        $next = ([int]$reported + 1) * 37 % 4088
        $found = [byte[]](Read-VpcSector d.vhd 0 4096 -Raw | ForEach-Object { $_ })
        [Array]::Copy($disk, $next * 512, $found, $next * 512, 4096)
        [Linq.Enumerable]::SequenceEqual($found, $disk) | Should -BeTrue
        Pop-Location
    }
}
