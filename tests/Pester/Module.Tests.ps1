BeforeDiscovery {
    $script:exports = (Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../VhdPS.psd1')).CmdletsToExport
    $script:changing = 'Convert', 'Merge', 'New', 'Optimize', 'Receive', 'Repair', 'Resize', 'Send', 'Set', 'Show', 'Start', 'Stop', 'Undo',
        'Write'
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
}

Describe 'the module' {
    It 'imports by its name from the module path' {
        $path = Split-Path (Split-Path (Get-Module VhdPS).Path)
        $out = Invoke-PowerShell -NonInteractive -Command "`$env:PSModulePath = '$path'; Import-Module VhdPS; (Get-Module VhdPS).Name"
        $out | Should -Be 'VhdPS'
    }

    It 'imports from the manifest at the top, with types and views' {
        $manifest = (Resolve-Path (Join-Path $PSScriptRoot '../../VhdPS.psd1')).Path
        $out = Invoke-PowerShell -NonInteractive -Command "
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

    It 'uses approved verbs and nouns of one shape only' {
        $approved = (Get-Verb).Verb
        (Get-Command -Module VhdPS).Verb | ForEach-Object { $approved | Should -Contain $_ }
        (Get-Command -Module VhdPS).Noun -cnotmatch '^Vpc[A-Z][a-z]+$' | Should -BeNullOrEmpty
    }

    It 'is loaded with its engine once, from where it was staged' {
        (Get-Module VhdPS).Path | Should -Be ($module -replace 'psd1$', 'dll')
        $engines = @([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'VhdPS.Engine' })
        $engines | Should -HaveCount 1
        $engines[0].Location | Should -Be ($module -replace 'VhdPS\.psd1$', 'VhdPS.Engine.dll')
    }

    It 'takes files by name, by wildcard and by property: <_>' -ForEach (
        $exports -notmatch '^(New|Compare|Receive)-|^(Get|Stop)-VpcServer$'
    ) {
        $path, $literal = (Get-Command $_).Parameters['Path', 'LiteralPath']
        $inSet = $path.ParameterSets['Path']
        $inSet.IsMandatory, $inSet.Position, $inSet.ValueFromPipeline | Should -Be @($true, 0, $true)
        $inSet = $literal.ParameterSets['LiteralPath']
        $inSet.IsMandatory, $inSet.ValueFromPipelineByPropertyName | Should -Be @($true, $true)
        $literal.Aliases | Sort-Object | Should -Be @('FullName', 'LP', 'PSPath')
    }

    It 'emits an image that it has changed on request: <_>' -ForEach ($exports -match '^(Convert|Merge|Optimize|Resize|Set|Write)-') {
        (Get-Command $_).Parameters['PassThru'].ParameterType | Should -Be ([switch])
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

    # Where data would be lost the cmdlet refuses without -Force, so that no script stops at a question.
    It 'asks only where it is told to' {
        $attribute = [Attribute]::GetCustomAttribute($command.ImplementingType, [Management.Automation.CmdletAttribute])
        $attribute.ConfirmImpact | Should -Not -Be 'High'
    }

    It 'has Hyper-V''s names of sizes too, and takes them as people write them' {
        foreach ($name in 'Size', 'BlockSize') {
            if ($command.Parameters.ContainsKey($name)) {
                $command.Parameters[$name].Aliases | Should -Contain "$($name)Bytes"
                $command.Parameters[$name].Attributes | ForEach-Object { $_.GetType().Name } | Should -Contain 'ByteSizeAttribute'
            }
        }
    }

    It 'completes paths, block sizes, creators and codes' {
        $completed = $command.Parameters.Values |
            Where-Object { ($_.Name -clike '*Path' -and -not $_.SwitchParameter) -or $_.Name -in 'BlockSize', 'CreatorApplication', 'Code' }
        foreach ($parameter in $completed) {
            $completers = $parameter.Attributes | Where-Object { $_ -is [ArgumentCompleter] }
            $completers | Should -Not -BeNullOrEmpty -Because "-$($parameter.Name) completes"
        }
    }

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

    It 'makes, writes, reads and checks an image by the example' {
        $lines = Invoke-PowerShell -NonInteractive -File (Join-Path $PSScriptRoot '../../docs/examples/first-disk.ps1')
        $LASTEXITCODE | Should -Be 0
        $text = $lines -replace '\e\[[0-9;]*m' -join "`n"
        $text | Should -Match 'Dynamic +20 GiB .* d\.vhd'
        $text | Should -Match '00200000  48 65 6c 6c 6f 2c 20 64  69 73 6b 2e 00 00 00 00  Hello, disk\.'
        $text | Should -Match '(?s)True +0x[0-9A-F]{8} ok .* d\.vhd.*True +0 +0 +0 +d\.vhd'
    }

    It 'checks every image of a folder' {
        $null = New-VpcImage -Path e.vhd -Size 1MB -VhdType Fixed
        $results = Get-ChildItem *.vhd | Test-VpcChecksum
        $results.IsValid | Should -Be @($true, $true)
    }
}
