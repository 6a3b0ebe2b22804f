BeforeDiscovery {
    $script:exports = (Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../VhdPS.psd1')).CmdletsToExport
}

BeforeAll {
    Set-StrictMode -Version 3.0
    Import-Module (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1') -Force
}

Describe 'the module' {
    It 'imports by its name from the module path' {
        $path = Split-Path (Split-Path (Get-Module VhdPS).Path)
        $out = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "`$env:PSModulePath = '$path'; Import-Module VhdPS; (Get-Module VhdPS).Name"
        $out | Should -Be 'VhdPS'
    }

    It 'imports from the manifest at the top' {
        $manifest = (Resolve-Path (Join-Path $PSScriptRoot '../../VhdPS.psd1')).Path
        $out = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "Import-Module '$manifest'; (Get-Command -Module VhdPS).Count"
        $out | Should -Be $exports.Count -Because 'the manifest names every cmdlet'
    } -ForEach @{ exports = $exports }

    It 'exports <_>' -ForEach $exports {
        Get-Command -Module VhdPS -Name $_ -CommandType Cmdlet | Should -Not -BeNullOrEmpty
    }

    It 'exports nothing else' {
        (Get-Command -Module VhdPS).Name | Sort-Object | Should -Be ($exports | Sort-Object)
    } -ForEach @{ exports = $exports }

    It 'passes Test-ModuleManifest' {
        { Test-ModuleManifest (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1') -ErrorAction Stop } | Should -Not -Throw
    }

    It 'uses approved verbs only' {
        $approved = (Get-Verb).Verb
        (Get-Command -Module VhdPS).Verb | ForEach-Object { $approved | Should -Contain $_ }
    }
}

Describe 'the three lines of the README' {
    BeforeAll { Push-Location TestDrive:/ }
    AfterAll { Pop-Location }

    It 'makes a 20 GB image' {
        Import-Module VhdPS -ErrorAction SilentlyContinue
        $image = New-VpcImage -Path d.vhd -Size 20GB
        $image.Size | Should -Be 20GB
        (Get-Item d.vhd).Length | Should -BeLessThan 64KB
    }

    It 'checks every image of a folder' {
        $null = New-VpcImage -Path e.vhd -Size 1MB -VhdType Fixed
        $results = Get-ChildItem *.vhd | Test-VpcChecksum
        $results.Count | Should -Be 2
        $results.IsValid | Should -Be @($true, $true)
    }
}
