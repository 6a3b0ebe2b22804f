BeforeDiscovery {
    $script:calls = foreach ($call in 'Test-VpcImage', 'Test-VpcImage -Full -Quiet', 'Test-VpcChecksum', 'Get-VpcHash', 'Get-VpcImage') {
        2, 5 | ForEach-Object { @{ Call = $call; Limit = $_ } }
    }
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)

    # All that a script writes, of whatever stream, in order.
    function Get-Line([string] $Script) {
        $ErrorActionPreference = 'Continue'
        try {
            . ([scriptblock]::Create($Script)) *>&1 | ForEach-Object { "$($_.GetType().Name) $_" }
        }
        catch {
            "caught $_"
        }
    }

    # The files that cannot be opened by one alone.
    function Get-HeldFile {
        Get-ChildItem | Where-Object {
            try { [IO.File]::Open($_.FullName, 'Open', 'ReadWrite', 'None').Dispose() } catch { $true }
        }
    }
}

# It changes nothing but the time: all streams have the same in the same order, and every end is clean.
Describe '-ThrottleLimit' {
    BeforeAll {
        $null = Enter-Folder
        foreach ($number in 0..39) {
            $name = '{0:D2}.vhd' -f $number
            # Some are larger, so that the later ones are done before them; some are damaged, some are no images at all.
            switch ($number % 5) {
                0 { [ImageBytes]::Dynamic(16MB).Save($name) }
                1 { [ImageBytes]::Dynamic().PutEntry(3, 0).Save($name) }
                2 { [IO.File]::WriteAllBytes((Join-Path $PWD $name), [byte[]]::new(100)) }
                default { [ImageBytes]::Dynamic().AddBlock(1, $number).Save($name) }
            }
        }

        # A footer that is not valid makes a warning.
        Copy-Item 08.vhd 0a.vhd
        Edit-Byte 0a.vhd -100
    }
    AfterAll { Pop-Location }

    It 'leaves all streams as they are without: <Call>, <Limit>' -ForEach $calls {
        $paths = "'0*.vhd', 'missing.vhd', '1*.vhd', 'none*.vhd', '[', '2*.vhd', '3*.vhd'"
        $one = Get-Line "$paths | $Call -Verbose"
        $one.Count | Should -BeGreaterThan 40
        Get-Line "$paths | $Call -Verbose -ThrottleLimit $Limit" | Should -Be $one
        Get-Line "$Call ($paths) -Verbose -ThrottleLimit $Limit" | Should -Be $one
    }

    It 'ends a script at the error that ends it' {
        $script = 'Get-VpcImage 00.vhd, 03.vhd, missing.vhd, 04.vhd -ErrorAction Stop'
        $one = Get-Line $script
        $one | Should -HaveCount 3
        $one[-1] | Should -BeLike 'caught *missing.vhd*'
        Get-Line "$script -ThrottleLimit 2" | Should -Be $one
    }

    It 'frees all files when the first is enough: <Call>, <Limit>' -ForEach $calls {
        . ([scriptblock]::Create("$Call *.vhd -ThrottleLimit $Limit -ErrorAction Ignore")) | Select-Object -First 1 | Should -HaveCount 1
        Get-HeldFile | Should -BeNullOrEmpty
    }

    It 'ends the work where no one takes the steps' {
        Test-VpcImage *.vhd -ThrottleLimit 2 -Verbose 4>&1 | Select-Object -First 3 | Should -HaveCount 3
        Get-HeldFile | Should -BeNullOrEmpty
    }

    It 'keeps no more than a few files ahead of a slow first one' {
        # Were all files opened before the first has been handed out, none could be written to by what takes the first.
        0..299 | ForEach-Object { $null = New-VpcImage "many$_.vhd" -Size 1MB }
        $seen = 0
        $open = 0..299 | ForEach-Object { $seen++; "many$_.vhd" } | Test-VpcChecksum -ThrottleLimit 2 | ForEach-Object { $seen }
        $open | Should -HaveCount 300
        $ahead = 0..299 | ForEach-Object { $open[$_] - $_ } | Measure-Object -Minimum -Maximum
        $ahead.Minimum | Should -BeGreaterOrEqual 1
        $ahead.Maximum | Should -BeLessOrEqual 17
        Remove-Item many*.vhd
    }
}
