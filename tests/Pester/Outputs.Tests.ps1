BeforeDiscovery {
    $script:scripts = @(
        'Get-VpcImage fixed.vhd'
        'Get-VpcImage child.vhd'
        '(Get-VpcImage child.vhd).Footer'
        '(Get-VpcImage child.vhd).Header'
        '(Get-VpcImage child.vhd).Header.ParentLocators'
        '(Get-VpcImage child.vhd).Geometry'
        'Get-VpcImage child.vhdx'
        'Get-VpcChain child.vhdx'
        'Read-VpcSector child.vhdx 0 3'
        'Get-VpcBlock child.vhdx'
        'Test-VpcImage child.vhdx -For Azure'
        'Get-VpcFooter hurt.vhd'
        'Get-VpcFooter base.vhd -Structure Table'
        'Get-VpcFooter base.vhd -Structure Bitmap'
        'Get-VpcFooter child.vhd -Structure Locator'
        'Read-VpcSector child.vhd 0 3'
        'Get-VpcBlock child.vhd -Detailed'
        'Get-VpcBlock child.vhd -Chain'
        'Get-VpcChain child.vhd'
        'Get-VpcChain orphan'
        '(Get-VpcChain orphan/child.vhd).TriedPath'
        'Show-VpcMap child.vhd'
        'Test-VpcChecksum child.vhd'
        'Test-VpcChecksum hurt.vhd'
        '(Test-VpcChecksum hurt.vhd).Footer'
        'Get-VpcHash child.vhd'
        'Get-VpcHash child.vhd -BlockManifest'
        'Get-VpcPartition system.vhd'
        'Compare-VpcImage base.vhd child.vhd'
        'Compare-VpcImage base.vhd child.vhd -Structure'
        'Optimize-VpcImage fixed.vhd'
        'Optimize-VpcImage base.vhd'
        'Optimize-VpcImage system.vhd -FreeSpace'
        '(Optimize-VpcImage system.vhd -FreeSpace).FreeSpace'
        'Merge-VpcImage child.vhd -WhatIf'
        'Resize-VpcImage fixed.vhd -Size 8MB -WhatIf'
        'Convert-VpcImage base.vhd new.vhd -WhatIf'
        'Optimize-VpcImage base.vhd -WhatIf'
        'Repair-VpcImage hurt.vhd -WhatIf'
        'Test-VpcImage child.vhd'
        'Test-VpcImage hurt.vhd -Full -For Azure'
        '(Test-VpcImage hurt.vhd -For Azure).Findings'
        '(Test-VpcImage hurt.vhd -For Azure).Rules'
        '(Test-VpcImage hurt.vhd -For Azure).SizeSeen'
        'Repair-VpcImage hurt.vhd'
        '(Repair-VpcImage worse.vhd).Steps'
        'Start-VpcServer base.vhd -Port 0 | Stop-VpcServer -PassThru'
        '(Start-VpcServer base.vhd -Port 0 | Stop-VpcServer -PassThru).Exports'
    )
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)

    function Initialize-Folder {
        $null = Enter-Folder
        $null = New-VpcImage base.vhd -Size 10MB
        Write-VpcSector base.vhd 0 ([byte[]](, 1 * 1024))
        $null = New-VpcImage child.vhd -ParentPath base.vhd
        Write-VpcSector child.vhd 0 ([byte[]](, 2 * 512))
        $null = New-VpcImage fixed.vhd -Size 5MB -VhdType Fixed
        Write-GptDisk gpt.img
        Convert-VpcImage gpt.img system.vhd -SourceFormat Raw
        $null = New-VpcImage base.vhdx -Size 10MB
        $null = New-VpcImage child.vhdx -ParentPath base.vhdx
        $null = New-Item -ItemType Directory orphan
        'child.vhd', 'twin.vhd' | ForEach-Object { Copy-Item child.vhd orphan/$_ }
        'hurt.vhd', 'worse.vhd' | ForEach-Object {
            Copy-Item base.vhd $_
            Edit-Byte $_ -100
        }
    }

    function Invoke-Line([string] $Script) {
        $WarningPreference = 'SilentlyContinue'
        . ([scriptblock]::Create($Script))
    }

    # What remoting, jobs and Export-Clixml make of objects.
    function Send-Object {
        process { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($_, 1)) }
    }

    # Says where a received value is not the one that was sent, at whatever depth.
    function Find-Difference($Sent, $Received, [string] $Place) {
        $original = $null -eq $Sent ? $null : $Sent.PSObject.BaseObject
        $value = $null -eq $Received ? $null : $Received.PSObject.BaseObject
        if ($null -eq $original -or $original -is [string] -or $original -is [version] -or $original -is [guid] -or
            $original -is [datetime] -or $original.GetType().IsPrimitive) {
            if (-not [object]::Equals($original, $value)) { "$($Place): $original is $value" }
        }
        elseif ($original -is [enum]) {
            if (-not [object]::Equals("$original", $value)) { "$($Place): $original is $value" }
        }
        elseif ($original -is [byte[]]) {
            if (-not [Linq.Enumerable]::SequenceEqual($original, [byte[]]$value)) { "$($Place): other bytes" }
        }
        elseif ($original -is [Collections.IEnumerable]) {
            $here, $there = @($original), @($value)
            if ($here.Count -ne $there.Count) { "$($Place): $($here.Count) elements are $($there.Count)" }
            for ($i = 0; $i -lt $here.Count; $i++) { Find-Difference $here[$i] $there[$i] "$Place[$i]" }
        }
        else {
            if ("$Sent" -cne "$Received") { "$($Place): $Sent is $Received" }
            $names = $Sent.PSObject.Properties.Name
            $namesThere = $Received.PSObject.Properties.Name
            if ("$names" -cne "$namesThere") { "$($Place): properties $names are $namesThere" }
            foreach ($name in $names) { Find-Difference $Sent.$name $Received.$name "$Place.$name" }
        }
    }

    # The module's own types among some, and in their properties, of whatever depth.
    function Get-ReachableType([type[]] $Types) {
        $reached = [Collections.Generic.HashSet[type]]::new()
        $left = [Collections.Generic.Queue[type]]::new($Types)
        while ($left.Count) {
            $type = $left.Dequeue()
            if ($type.IsGenericType) { $left.Enqueue($type.GetGenericArguments()[0]) }
            elseif ($type.Namespace -like 'VhdPS*' -and -not $type.IsEnum -and $reached.Add($type)) {
                $type.GetProperties('Public, Instance') | ForEach-Object { $left.Enqueue($_.PropertyType) }
            }
        }

        $reached
    }
}

Describe 'outputs' {
    BeforeEach { Initialize-Folder }
    AfterEach { Pop-Location }

    It 'keep each property and the view when they travel: <_>' -ForEach $scripts {
        $sent = @(Invoke-Line $_)
        $received = @($sent | Send-Object)
        $sent | Should -Not -BeNullOrEmpty
        $received | Should -HaveCount $sent.Count
        for ($i = 0; $i -lt $sent.Count; $i++) {
            $received[$i].PSTypeNames[0] | Should -Be "Deserialized.$($sent[$i].PSTypeNames[0])"
            Find-Difference $sent[$i] $received[$i] $_ | Should -BeNullOrEmpty
        }

        # The picture of a map is drawn before it travels, 80 columns wide whatever the console.
        $shown = if ($sent[0].PSTypeNames[0] -eq 'VhdPS.VpcMap') { "$($sent[0])" } else { $sent | Out-Shown 120 }
        ($received | Out-Shown 120).Trim() -replace "`r" | Should -Be ($shown.Trim() -replace "`r")
    }

    It 'have lists that can be indexed' {
        $scripts | ForEach-Object { Invoke-Line $_ } | ForEach-Object {
            foreach ($property in $_.PSObject.Properties) {
                if ($property.Value -is [Collections.IEnumerable] -and $property.Value -isnot [string]) {
                    $index = 0
                    foreach ($item in $property.Value) {
                        [object]::Equals($_.($property.Name)[$index++], $item) | Should -BeTrue -Because $property.Name
                    }
                }
            }
        }
    } -ForEach @{ scripts = $scripts }

    It 'are all among those that are tested, of whatever depth' {
        $outputs = $scripts | ForEach-Object { Invoke-Line $_ }
        $met = $outputs | ForEach-Object { $_.PSObject.BaseObject.GetType() } | Sort-Object -Unique FullName

        # Those of transfers need a server: Transfers.Tests.ps1 meets them.
        $transfers = 'VpcSendResult', 'VpcSendPlan', 'VpcReceiveResult', 'VpcReceivePlan'
        Get-ReachableType (Get-Command -Module VhdPS).OutputType.Type |
            Where-Object { $_ -notin $met -and $_.Name -notin $transfers } | Should -BeNullOrEmpty
    } -ForEach @{ scripts = $scripts }

    It 'can be told apart on the other side by the names of values' {
        $images = Get-VpcImage *.vhd -WarningAction SilentlyContinue | Send-Object
        $images | Where-Object VhdType -EQ Fixed | ForEach-Object { Split-Path -Leaf $_.Path } | Should -Be 'fixed.vhd'
        Get-VpcChain child.vhd | Send-Object | Where-Object State -NE Ok | Should -BeNullOrEmpty
    }

    It 'have parts with numbers: <_>' -ForEach @(
        '(Test-VpcImage bad.vhd -For Azure).Findings'
        '(Test-VpcImage bad.vhd -For Azure).Rules'
        '(Test-VpcImage bad.vhd).SizeSeen'
        '(Repair-VpcImage bad.vhd).Steps'
    ) {
        [ImageBytes]::Dynamic().PutEntry(3, 0).Save('bad.vhd')
        $parts = Invoke-Line $_
        $parts[0].GetType() | Should -Be @($parts)[0].GetType()
    }
}

Describe 'outputs of another host' {
    It 'name it, and show <Path> by the rules of its system' -ForEach @(
        @{ Path = 'C:\vms\a.vhd'; Folder = 'C:\vms'; Name = 'a.vhd' }
        @{ Path = 'D:\d.vhd'; Folder = 'D:\'; Name = 'd.vhd' }
        @{ Path = '\\nas\share\c.vhd'; Folder = '\\nas\share'; Name = 'c.vhd' }
        @{ Path = '/srv/e\f.vhd'; Folder = '/srv'; Name = 'e\f.vhd' }
        @{ Path = '/g.vhd'; Folder = '/'; Name = 'g.vhd' }
    ) {
        $object = [pscustomobject]@{
            Path = $Path; IsValid = $true; Errors = 0; Warnings = 0; Notes = 0; Findings = @()
            PSComputerName = 'web1'; PSShowComputerName = $true
        }
        $object.PSTypeNames.Insert(0, 'Deserialized.VhdPS.VpcCheckResult')
        $lines = ($object | Out-Shown 120) -split '\r?\n' -ne ''
        $lines[0].Trim() | Should -Be "Folder: web1: $Folder"
        $lines[3] -split ' ' | Should -Contain $Name
    }
}
