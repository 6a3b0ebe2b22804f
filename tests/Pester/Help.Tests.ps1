BeforeDiscovery {
    Set-StrictMode -Version Latest
    . (Join-Path $PSScriptRoot HelpPage.ps1)
    $script:pages = Get-PageName | ForEach-Object { Read-HelpPage $_ }
    $script:topics = (Get-ChildItem (Join-Path $docs en-US) -Filter about_*.md).BaseName
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    . (Join-Path $PSScriptRoot HelpPage.ps1)
    $built = [xml](Get-Content -Raw (Join-Path $docs help en-US VhdPS.dll-Help.xml))

    # Text with single blanks, as it is compared.
    function Get-Word([string] $Text) { ($Text -split '\s+' -ne '') -join ' ' }

    # The text of an element's own description, or of the element itself.
    function Get-Paragraph($Element, [string] $Path = "*[local-name()='description']/*[local-name()='para']") {
        Get-Word (($Element.SelectNodes($Path) | ForEach-Object InnerText) -join "`n")
    }

    # Parts of a line of syntax: each name with its brackets.
    function Get-SyntaxPart([string] $Syntax) {
        [regex]::Matches(($Syntax -replace '\s+', ' '), '(?<!\w)(?<part>\[{0,2}-\w+\]?)(?: <[^>]*>(?<end>\]?))?') |
            ForEach-Object { $_.Groups['part'].Value + $_.Groups['end'].Value } | Sort-Object
    }

    # What platyPS writes for the values that a parameter takes.
    function Get-AcceptedValue($Parameter) {
        $set = $Parameter.Attributes | Where-Object { $_ -is [ValidateSet] }
        if ($set) { return $set.ValidValues -join ', ' }
        $type = [Nullable]::GetUnderlyingType($Parameter.ParameterType) ?? $Parameter.ParameterType
        if ($type.IsArray) { $type = $type.GetElementType() }
        $type.IsEnum ? [enum]::GetNames($type) -join ', ' : ''
    }

    # The heads of tables and the labels of lists in a text, with single blanks.
    function Get-Head([string] $Text) {
        $lines = $Text -split '\r?\n'
        for ($i = 0; $i -lt $lines.Count; $i++) {
            if ($i -gt 0 -and $lines[$i] -match '^ *--+( +-+)* *$') { Get-Word $lines[$i - 1] }
            if ($lines[$i] -cmatch '^([A-Z]\w+) +: ') { $Matches[1] }
        }
    }

    # What a narrow and a wide console show of the outputs of several commands, each kind by its own view.
    function Get-ShownOutput($Output) {
        $isFormatted = $Output | Where-Object { $_.GetType().Name -like 'Format*' }
        foreach ($width in 80, 160) {
            if ($isFormatted) { $Output | Out-Shown $width }
            else { $Output | Group-Object { $_.PSTypeNames[0] } | ForEach-Object { $_.Group | Out-Shown $width } }
        }
    }

    function Get-PipelineInput($InSet) {
        $ways = @(if ($InSet.ValueFromPipelineByPropertyName) { 'ByPropertyName' }; if ($InSet.ValueFromPipeline) { 'ByValue' })
        $ways ? "True ($($ways -join ', '))" : 'False'
    }

    # Whether the page's default value is the cmdlet's. Where nothing is given the cmdlet decides while it runs, and the page says how.
    function Test-DefaultValue($Command, $Parameter, $InSet, [string] $Described) {
        if ($InSet.IsMandatory) { return $Described -eq 'None' }
        if ($Parameter.SwitchParameter) { return $Described -eq 'False' }
        $property = $Command.ImplementingType.GetProperty($Parameter.Name)
        if (-not $property) { return $true }
        $instance = [Activator]::CreateInstance($Command.ImplementingType)
        $value = $property.GetValue($instance)
        $instance.Dispose()
        $isUnset = $null -eq $value -or ($value -is [array] -and $value.Length -eq 0) -or
            ($value -is [enum] ? ([long]$value -eq 0 -and -not [enum]::IsDefined($value.GetType(), $Described)) :
                ($value -is [datetime] ? $value.Ticks -eq 0 :
                    ($value -is [guid] ? $value -eq [guid]::Empty : ($value -is [valuetype] -and -not $value))))
        $isUnset ? $Described -ne '' :
            [object]::Equals($value, [Management.Automation.LanguagePrimitives]::ConvertTo($Described, $Parameter.ParameterType))
    }
}

Describe 'the pages' {
    It 'are those of the cmdlets, as are the rows of the README' {
        $names = (Get-Command -Module VhdPS).Name | Sort-Object
        $compiled = (Get-Command Get-VpcImage).ImplementingType.Assembly.GetTypes() |
            ForEach-Object { $_.GetCustomAttributes([Management.Automation.CmdletAttribute], $false) } |
            ForEach-Object { "$($_.VerbName)-$($_.NounName)" } | Sort-Object
        $names | Should -Be $compiled
        Get-PageName | Should -Be $names
        $rows = [regex]::Matches((Get-Document ../README.md), '(?m)^\| `(\w+-\w+)` \|') | ForEach-Object { $_.Groups[1].Value }
        $rows | Sort-Object | Should -Be $names
    }

    It 'are built' {
        $built.helpItems.command.details.name | Sort-Object | Should -Be (Get-PageName)
    }
}

Describe 'the page of <Name>' -ForEach $pages {
    BeforeAll { $command = Get-Command $Name }

    It 'is complete' {
        $Synopsis | Should -Match '\.$'
        $Description.Length | Should -BeGreaterThan 100
        $Examples.Count | Should -BeGreaterOrEqual 3
    }

    It 'describes the parameters as they are' {
        $common = [Management.Automation.Cmdlet]::CommonParameters
        $Parameters.Keys | Sort-Object | Should -Be ($command.Parameters.Keys | Where-Object { $_ -notin $common } | Sort-Object)
        foreach ($parameterName in $Parameters.Keys) {
            $described = $Parameters[$parameterName]
            $parameter = $command.Parameters[$parameterName]
            $described.Text.Length | Should -BeGreaterThan 20 -Because "-$parameterName must be explained"
            foreach ($set in $parameter.ParameterSets.Keys) {
                $inSet = $parameter.ParameterSets[$set]
                $facts = @($described.Facts | Where-Object {
                    $set -eq '__AllParameterSets' -or $_['Parameter Sets'] -eq '(All)' -or $_['Parameter Sets'] -split ', ' -contains $set
                })
                $facts | Should -HaveCount 1 -Because "-$parameterName is described once for $set"
                $because = "-$parameterName"
                $type = [Nullable]::GetUnderlyingType($parameter.ParameterType) ?? $parameter.ParameterType
                $facts[0]['Type'] | Should -BeExactly $type.Name -Because $because
                $facts[0]['Aliases'] | Should -BeExactly ($parameter.Aliases -join ', ') -Because $because
                $facts[0]['Required'] | Should -BeExactly "$($inSet.IsMandatory)" -Because $because
                $facts[0]['Position'] | Should -BeExactly ($inSet.Position -lt 0 ? 'Named' : "$($inSet.Position)") -Because $because
                $facts[0]['Accept pipeline input'] | Should -BeExactly (Get-PipelineInput $inSet) -Because $because
                $wildcards = [bool]($parameter.Attributes | Where-Object { $_ -is [Management.Automation.SupportsWildcardsAttribute] })
                $facts[0]['Accept wildcard characters'] | Should -BeExactly "$wildcards" -Because $because
                "$($facts[0]['Accepted values'])" | Should -BeExactly (Get-AcceptedValue $parameter) -Because $because
                $value = $facts[0]['Default value']
                Test-DefaultValue $command $parameter $inSet $value | Should -BeTrue -Because "$because is $value"
            }

            $inSets = $described.Facts | ForEach-Object { $_['Parameter Sets'] -split ', ' } | Where-Object { $_ -ne '(All)' } | Sort-Object
            $inSets | Should -Be ($parameter.ParameterSets.Keys | Where-Object { $_ -ne '__AllParameterSets' } | Sort-Object)
        }
    }

    It 'has the syntax of the parameter sets' {
        $Syntax.Count | Should -Be $command.ParameterSets.Count
        foreach ($set in $command.ParameterSets) {
            $heading = $Syntax.Count -eq 1 ? @($Syntax.Keys)[0] : $set.Name + ($set.IsDefault ? ' (Default)' : '')
            Get-SyntaxPart $Syntax[$heading] | Should -BeExactly (Get-SyntaxPart "$set")
        }
    }

    It 'is what was built from it' {
        $element = $built.helpItems.command | Where-Object { $_.details.name -eq $Name }
        Get-Paragraph $element.details | Should -BeExactly (Get-Word $Synopsis)
        Get-Paragraph $element | Should -BeExactly (Get-Word $Description)
        $shown = $element.examples.example | ForEach-Object { "$($_.title.Trim(' ', '-')): $(Get-Word $_.code)" }
        $shown | Should -BeExactly ($Examples | ForEach-Object { "$($_.Title): $(Get-Word $_.Code)" })
        $element.parameters.parameter | ForEach-Object name | Sort-Object | Should -Be ($Parameters.Keys | Sort-Object)
        foreach ($parameter in $element.parameters.parameter) {
            $described = $Parameters[$parameter.name]
            $facts = $described.Facts[0]
            Get-Paragraph $parameter | Should -BeExactly (Get-Word $described.Text)
            $parameter.required, $parameter.position | Should -Be @($facts['Required'], $facts['Position'])
            $parameter.pipelineInput | Should -Be $facts['Accept pipeline input']
            $parameter.aliases | Should -Be ($facts['Aliases'] ? $facts['Aliases'] : 'none')
            $parameter.defaultValue, $parameter.type.name | Should -Be @($facts['Default value'], $facts['Type'])
        }
    }

    Context 'examples' {
        BeforeAll {
            Enter-ExampleFolder
            $session = New-ExampleSession
        }
        AfterAll {
            $session.Dispose()
            Pop-Location
        }

        # Transfers need a server: their examples run in Transfers.Tests.ps1.
        It 'run: <Title>' -ForEach @(
            $Examples | Where-Object { $Name -notin 'Send-VpcImage', 'Receive-VpcImage' -and $_.Script -notmatch '-Socket|-Certificate' }
        ) -AllowNullOrEmptyForEach {
            $result = Invoke-Example $session $Script
            $result.Errors | Should -BeNullOrEmpty
            # What is shown below the prompts is there, and nothing else.
            if ($Script -notlike '*-WhatIf*') { $result.Output.Count -gt 0 | Should -Be $Code.Contains("`n`n") }
            $heads = @(if ($result.Output.Count) { Get-Head ((Get-ShownOutput $result.Output) -join "`n") })
            Get-Head $Code | Where-Object { $_ -notin $heads } | Should -BeNullOrEmpty -Because "it shows $heads"
        }

        It 'run: <Title>' -Tag Socket -ForEach @($Examples | Where-Object Script -match '-Socket|-Certificate') -AllowNullOrEmptyForEach {
            (Invoke-Example $session $Script).Errors | Should -BeNullOrEmpty
        }
    }
}

Describe 'the topic <_>' -ForEach $topics {
    It 'is what was built from it' {
        $page = Get-Document "en-US/$_.md"
        $page = $page.Substring($page.IndexOf('# SHORT DESCRIPTION')) -split '\n' -notmatch '^```' -replace '^#+'
        $text = Get-Document "help/en-US/$_.help.txt"
        Get-Word $text.Substring($text.IndexOf('SHORT DESCRIPTION')) | Should -BeExactly (Get-Word ($page -join "`n"))
    }
}

Describe 'about_VpcErrors' {
    BeforeAll {
        $sections = Split-Section (Get-Document en-US/about_VpcErrors.md) '## '
        $sections.Remove('about_VpcErrors')
    }

    It 'has a heading for each error, in order' {
        $names = [enum]::GetNames([VhdPS.Engine.Format.FaultCode]) + [enum]::GetNames([VhdPS.Engine.Files.OperationError]) +
            @('ImageInUse', 'PathNotFound', 'PathNotUsable', 'AccessDenied', 'InvalidArgument', 'DiskFull') +
            @([enum]::GetNames([VhdPS.Engine.Files.ImageIOOperation]) | ForEach-Object { "$($_)Failed" }) + 'IOError' +
            [enum]::GetNames([VhdPS.Engine.Pages.TransferFault]) +
            @([enum]::GetNames([VhdPS.Engine.Nbd.NbdFault]) | ForEach-Object { "Nbd$_" })
        @($sections.Keys) | Should -BeExactly $names
        $sections.Values | ForEach-Object { $_ | Should -Match '\nWhat to do: ' }
    }

    It 'says how grave each fault is, and whether it can be repaired' {
        foreach ($code in [enum]::GetValues([VhdPS.Engine.Format.FaultCode])) {
            $facts = [VhdPS.Engine.Format.FaultCatalog]::Of($code)
            $sections["$code"] | Should -BeLike "$($facts.Severity). $($facts.IsRepairable ? 'Repairable. ' : '')*"
            $sections["$code"].Contains('Repairable.') | Should -Be $facts.IsRepairable -Because $code
        }
    }
}

Describe 'Get-Help' {
    It 'shows <Shown> for <Call>' -ForEach @(
        @{ Call = 'New-VpcImage -Full'; Shown = 'Makes new, empty disk images.' }
        @{ Call = 'New-VpcImage -Examples'; Shown = 'New-VpcImage -Path data.vhd -Size 20GB' }
        @{ Call = 'New-VpcImage -Parameter BlockSize'; Shown = 'power of two from 512' }
        @{ Call = 'about_VpcErrors'; Shown = 'BatEntryPastEnd' }
    ) {
        . ([scriptblock]::Create("Get-Help $Call")) | Out-Shown 120 | Should -BeLike "*$Shown*"
    }
}
