BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)

    # Runs a script block with a culture for numbers, dates and text, as a user of that country has it.
    function Use-Culture([string] $Name, [scriptblock] $Script) {
        $thread = [Threading.Thread]::CurrentThread
        $culture, $uiCulture = $thread.CurrentCulture, $thread.CurrentUICulture
        try {
            $thread.CurrentCulture = $Name
            $thread.CurrentUICulture = $Name
            . $Script
        }
        finally {
            $thread.CurrentCulture, $thread.CurrentUICulture = $culture, $uiCulture
        }
    }
}

# Turkish has another capital of i, German another decimal sign, and both have other dates.
Describe 'in <_>' -ForEach 'tr-TR', 'de-DE' {
    BeforeAll { $culture = $_ }
    BeforeEach { $null = Enter-Folder }
    AfterEach { Pop-Location }

    It 'makes the same file as anywhere' {
        $same = @{ Size = '1.5GB'; UniqueId = '11111111-2222-3333-4444-555555555555'; TimeStamp = [datetime]'2020-01-02T03:04:05Z' }
        $null = New-VpcImage here.vhd @same
        Use-Culture $culture { $null = New-VpcImage there.vhd @same }
        (Get-FileHash there.vhd).Hash | Should -Be (Get-FileHash here.vhd).Hash
    }

    It 'takes names of values and extensions in any case' {
        Use-Culture $culture {
            $null = New-VpcImage d.vhd -Size 3mib -VhdType FIXED -Geometry chs
            Convert-VpcImage D.VHD disk.IMG -ErrorAction Ignore
            Convert-VpcImage d.vhd disk.IMG -ErrorAction Ignore
            Test-VpcImage d.vhd -For VIRTUALPC -Quiet | Should -BeTrue
            Get-VpcHash d.vhd md5 | ForEach-Object Algorithm | Should -Be 'MD5'
        }
        (Get-Item disk.IMG).Length | Should -Be (Get-VpcImage d.vhd).Size
    }

    It 'shows sizes with the sign of the culture, and keeps data without' {
        $null = New-VpcImage d.vhd -Size (1GB + 512MB)
        Use-Culture $culture {
            Get-VpcImage d.vhd | Out-Shown | Should -Match '1,5 GiB'
            Get-VpcImage d.vhd | Export-Csv d.csv
            (Test-VpcImage d.vhd -For Azure).Findings | Export-Csv findings.csv
        }
        (Import-Csv d.csv).Size | Should -Be "$(1GB + 512MB)"
        (Import-Csv findings.csv).Code | Should -Be 'AzureTypeNotFixed'
    }

    It 'finds the same faults' {
        $null = New-VpcImage d.vhd -Size 10MB
        Edit-Byte d.vhd 612
        $here = (Test-VpcImage d.vhd).Findings | ConvertTo-Json
        Use-Culture $culture { (Test-VpcImage d.vhd).Findings | ConvertTo-Json } | Should -Be $here
    }
}
