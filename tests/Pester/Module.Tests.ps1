BeforeDiscovery {
    $script:exports = (Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../VhdPS.psd1')).CmdletsToExport
    $script:changing = 'Convert', 'Merge', 'New', 'Optimize', 'Receive', 'Repair', 'Resize', 'Send', 'Set', 'Show', 'Undo', 'Write'
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    $module = Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1'
}

Describe 'the module' {
    It 'imports by its name from the module path' {
        $path = Split-Path (Split-Path (Get-Module VhdPS).Path)
        $out = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "`$env:PSModulePath = '$path'; Import-Module VhdPS; (Get-Module VhdPS).Name"
        $out | Should -Be 'VhdPS'
    }

    It 'imports from the manifest at the top, with types and views' {
        $manifest = (Resolve-Path (Join-Path $PSScriptRoot '../../VhdPS.psd1')).Path
        $out = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "
            Import-Module '$manifest'
            (Get-Command -Module VhdPS).Count
            (Get-FormatData VhdPS.VpcImage).Count -gt 0
            (Get-TypeData VhdPS.VpcObject).SerializationDepth"
        $out | Should -Be @($exports.Count, 'True', '2')
    } -ForEach @{ exports = $exports }

    It 'exports exactly what its manifest names' {
        (Get-Command -Module VhdPS).Name | Sort-Object | Should -Be ($exports | Sort-Object)
        (Get-Command -Module VhdPS).CommandType | Sort-Object -Unique | Should -Be 'Cmdlet'
    } -ForEach @{ exports = $exports }

    It 'passes Test-ModuleManifest' {
        { Test-ModuleManifest $module -ErrorAction Stop } | Should -Not -Throw
    }

    It 'uses approved verbs only' {
        $approved = (Get-Verb).Verb
        (Get-Command -Module VhdPS).Verb | ForEach-Object { $approved | Should -Contain $_ }
    }

    It 'has a test file for <_>' -ForEach $exports {
        Join-Path $PSScriptRoot "$_.Tests.ps1" | Should -Exist
    }

    It 'is tested in strict mode' {
        { $noSuchVariable } | Should -Throw -ErrorId 'VariableIsUndefined'
    }
}

Describe '<_>' -ForEach $exports {
    BeforeAll {
        $command = Get-Command $_
        $help = Get-Help $_ -Full
        $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
        $own = $command.Parameters.Keys | Where-Object { $_ -notin $common }
    }

    It 'has help: synopsis, description and three examples that use it' {
        $help.Synopsis | Should -Match '^[A-Z].*\.$'
        $help.description.Text | Should -Not -BeNullOrEmpty
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterOrEqual 3
        $examples | ForEach-Object { "$($_.code)$($_.remarks.Text)" | Should -Match $command.Name }
    }

    It 'has help for each parameter, and for no other' {
        $described = $help.parameters.parameter
        $described.name | Where-Object { $_ -notin $common } | Sort-Object -Unique | Should -Be ($own | Sort-Object)
        $described | ForEach-Object { "$($_.description.Text)" | Should -Not -BeNullOrEmpty -Because "-$($_.name) must be explained" }
    }

    It 'asks before it changes something, and only then' {
        $command.Parameters.ContainsKey('WhatIf') | Should -Be ($command.Verb -in $changing)
        $command.Parameters.ContainsKey('Confirm') | Should -Be ($command.Verb -in $changing)
    } -ForEach @{ changing = $changing }

    It 'says what it emits' {
        if ($command.Name -ne 'Undo-VpcRepair') {
            $command.OutputType.Name | Should -Match '^(VhdPS\.Vpc|System\.)'
        }
    }
}

Describe 'the topics' {
    It 'has about_<_>' -ForEach 'VhdPS', 'VpcErrors', 'VpcFormat' {
        Get-Help "about_$_" | Out-String | Should -Match 'SHORT DESCRIPTION'
    }
}

Describe 'the first lines of the README' {
    BeforeAll { $null = Enter-Folder }
    AfterAll { Pop-Location }

    It 'makes a 20 GB image' {
        $image = New-VpcImage -Path d.vhd -Size 20GB
        $image.Size | Should -Be 20GB
        (Get-Item d.vhd).Length | Should -BeLessThan 64KB
    }

    It 'checks every image of a folder' {
        $null = New-VpcImage -Path e.vhd -Size 1MB -VhdType Fixed
        $results = Get-ChildItem *.vhd | Test-VpcChecksum
        $results.IsValid | Should -Be @($true, $true)
    }
}
