# What a PowerShell user's hands expect, one everyday script a test, each with its result checked.
BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'the first minute' {
    BeforeEach { $null = Enter-Folder }
    AfterEach { Pop-Location }

    It 'ends with a checked image, line by line as about_VhdPS has them' {
        $page = Get-Content (Join-Path $PSScriptRoot .. .. docs en-US about_VhdPS.md) -Raw
        $block = [regex]::Match($page, '(?s)## From zero to a checked image.*?```powershell\n(.*?)```').Groups[1].Value
        $lines = $block.Trim() -split "`n" | Where-Object { $_ -notlike 'Import-Module*' }
        $lines | Should -HaveCount 4
        $output = . ([scriptblock]::Create($lines -join "`n"))
        [Text.Encoding]::ASCII.GetString($output[1].Data[0..4]) | Should -Be 'hello'
        $output[-1].IsValid, $output[-1].Warnings | Should -Be @($true, 0)
    }
}

Describe 'everyday scripts' {
    BeforeEach {
        $folder = Enter-Folder
        $null = New-VpcImage 'b[1].vhd' -Size 4MB
        $null = New-VpcImage b1.vhd -Size 5MB
        $sector = [byte[]](, 1 * 512)
    }
    AfterEach { Pop-Location }

    It 'takes an object by its PSPath, whatever Path it has' {
        $object = [pscustomobject]@{ Path = 'b[1].vhd'; PSPath = (Join-Path $folder 'b[1].vhd') }
        ($object | Get-VpcImage).Size | Should -Be 4MB
        ([pscustomobject]@{ Path = 'b1.vhd' } | Get-VpcImage).Size | Should -Be 5MB
        (Get-Item -LiteralPath 'b[1].vhd' | Get-VpcImage).Size | Should -Be 4MB
        (Get-VpcImage (Get-Item -LiteralPath 'b[1].vhd')).Size | Should -Be 4MB
        (Get-VpcImage (Get-VpcImage -LiteralPath 'b[1].vhd')).Size | Should -Be 4MB
    }

    It 'changes b[1].vhd and never b1.vhd: <_>' -ForEach @(
        'Write-VpcSector -Sector 0 -Data ([byte[]](, 2 * 512))'
        'Set-VpcImage -CreatorApplication test'
        'Resize-VpcImage -Size 8MB'
        'Optimize-VpcImage'
        'Repair-VpcImage'
        'Convert-VpcImage -DestinationPath made.vhd -DeleteSource'
    ) {
        Write-VpcSector -LiteralPath 'b[1].vhd' -Sector 4096 -Data $sector
        if ($_ -like 'Repair*') { Edit-Byte 'b[1].vhd' -100 }
        if ($_ -like 'Optimize*') {
            foreach ($data in $sector, [byte[]]::new(512)) { Write-VpcSector -LiteralPath 'b[1].vhd' -Sector 0 -Data $data }
        }
        $other, $own = (Get-FileHash -LiteralPath b1.vhd, 'b[1].vhd').Hash
        $object = [pscustomobject]@{ Path = 'b[1].vhd'; PSPath = (Join-Path $folder 'b[1].vhd') }
        $object | & ([scriptblock]::Create("`$input | $_")) | Out-Null
        (Get-FileHash -LiteralPath b1.vhd).Hash | Should -Be $other
        if (Test-Path -LiteralPath 'b[1].vhd') { (Get-FileHash -LiteralPath 'b[1].vhd').Hash | Should -Not -Be $own }
        Test-Path -LiteralPath 'b[1].vhd' | Should -Be ($_ -notlike 'Convert*')
    }

    It 'merges, serves and undoes b[1].vhd and never b1.vhd' {
        $object = [pscustomobject]@{ Path = 'b[1].vhd'; PSPath = (Join-Path $folder 'b[1].vhd') }
        $null = New-VpcImage base.vhd -Size 4MB
        foreach ($name in 'b[1].vhd', 'b1.vhd') {
            Remove-Item -LiteralPath $name
            $null = New-VpcImage $name -ParentPath base.vhd
            Write-VpcSector -LiteralPath $name 0 ([byte[]](, $name.Length * 512))
        }
        $other = (Get-FileHash -LiteralPath b1.vhd).Hash
        $object | Merge-VpcImage -DestinationPath whole.vhd -KeepChild
        (Read-VpcSector whole.vhd 0).Data[0] | Should -Be 8
        if (-not $IsWindows) {
            $server = $object | Start-VpcServer
            try { (Read-VpcSector $server.Uri 0).Data[0] | Should -Be 8 } finally { $server | Stop-VpcServer }
        }
        $object | Merge-VpcImage -Force
        Test-Path -LiteralPath 'b[1].vhd', 'b1.vhd' | Should -Be @($false, $true)
        (Read-VpcSector base.vhd 0).Data[0] | Should -Be 8
        (Get-FileHash -LiteralPath b1.vhd).Hash | Should -Be $other

        $null = New-VpcImage 'b[1].vhd' -Size 4MB
        Edit-Byte 'b[1].vhd' -100
        $hurt = (Get-FileHash -LiteralPath 'b[1].vhd').Hash
        $object | Repair-VpcImage
        Copy-Item -LiteralPath 'b[1].vhd.undo' b1.vhd.undo
        $object | Undo-VpcRepair
        (Get-FileHash -LiteralPath 'b[1].vhd').Hash | Should -Be $hurt
        (Get-FileHash -LiteralPath b1.vhd).Hash | Should -Be $other
    }

    It 'reads a list of images from a CSV file' {
        'Path,DestinationPath', 'b1.vhd,c.vhd' | Set-Content list.csv
        (Import-Csv list.csv | Get-VpcImage).Size | Should -Be 5MB
        (Import-Csv list.csv | Convert-VpcImage -PassThru).Name | Should -Be c.vhd
        'Path,Size', 'new.vhd,6MB' | Set-Content new.csv
        (Import-Csv new.csv | New-VpcImage).Size | Should -Be 6MB
    }

    It 'refuses an object that is no path and has none' {
        [pscustomobject]@{ Name = 'b1.vhd' } | Get-VpcImage -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InputObjectNotBound*'
        $null = [pscustomobject]@{ Name = 'x'; Size = 5MB } | New-VpcImage -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem | Should -HaveCount 1
        Get-ChildItem | Should -HaveCount 2
    }

    It 'writes a sector back that it has read and changed' {
        $read = Read-VpcSector -LiteralPath 'b[1].vhd' 0
        $read.Data[510] = 0x55
        $read | Write-VpcSector
        (Read-VpcSector -LiteralPath 'b[1].vhd' 0).Data[510] | Should -Be 0x55
        (Read-VpcSector b1.vhd 0).Data[510] | Should -Be 0
        Read-VpcSector b1.vhd 0 | Write-VpcSector -ErrorVariable problem
        $problem | Should -BeNullOrEmpty
    }

    It 'reads whole blocks, by their sectors' {
        Write-VpcSector b1.vhd 0 $sector
        $read = Get-VpcBlock b1.vhd -Allocated | Read-VpcSector
        $read.Sector, $read.Count | Should -Be @(0, 4096)
        Read-VpcSector b1.vhd 0 -Count 2 | ForEach-Object Count | Should -Be 2
    }

    It 'reads either side of a comparison' {
        Copy-Item b1.vhd c.vhd
        Write-VpcSector c.vhd 4096 $sector
        (Compare-VpcImage b1.vhd c.vhd | Read-VpcSector).Data[0] | Should -Be 0
        $read = Compare-VpcImage b1.vhd c.vhd | Read-VpcSector -Side Difference
        $read.Name, $read.Data[0] | Should -Be @('c.vhd', 1)
    }

    It 'makes no image of another one''s identity' {
        $old = Get-VpcImage b1.vhd
        $new = $old | New-VpcImage -Path t.vhd
        $new.Size | Should -Be 5MB
        $new.UniqueId | Should -Not -Be $old.UniqueId
        $null = New-VpcImage child.vhd -ParentPath b1.vhd -UniqueId $old.UniqueId -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        $null = New-VpcImage child.vhd -ParentPath b1.vhd
        Set-VpcImage child.vhd -UniqueId $old.UniqueId -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
    }

    It 'judges by the rules of each of a list' {
        $results = Test-VpcImage b1.vhd -For Azure, HyperV
        $results.For | Should -Be @('Azure', 'HyperV')
        $results.IsValid | Should -Be @($false, $true)
        Test-VpcImage b1.vhd -For Azure, HyperV -Quiet | Should -Be $false
    }

    It 'refuses a list where one name is taken: <_>' -ForEach @(
        'Optimize-VpcImage b1.vhd -Mode Full, Quick'
        'Optimize-VpcImage b1.vhd -Mode "Full,Quick"'
        'Convert-VpcImage b1.vhd c.vhd -VhdType Dynamic, Fixed'
        'Get-VpcImage b1.vhd -SizeRule Auto, Chs'
    ) {
        { . ([scriptblock]::Create($_)) } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }

    It 'has no list for an enumeration in any cmdlet' {
        $open = foreach ($command in Get-Command -Module VhdPS) {
            foreach ($parameter in $command.Parameters.Values | Where-Object { $_.ParameterType.Namespace -like 'VhdPS*' }) {
                $isGuarded = $parameter.Attributes | Where-Object { $_.GetType().Name -in 'SingleValueAttribute', 'EachValueAttribute' }
                if ($parameter.ParameterType.IsEnum -and -not $isGuarded) { "$($command.Name) -$($parameter.Name)" }
            }
        }
        $open | Should -BeNullOrEmpty
    }

    It 'emits what was written when the file is closed' {
        (Write-VpcSector b1.vhd 0 $sector -PassThru | Test-VpcImage).IsValid | Should -BeTrue
    }

    It 'says that it is this session that has an image open' {
        $null = New-VpcImage big.vhd -Size 64MB
        $null = Read-VpcSector big.vhd 0 100000 | Select-Object -First 2 |
            Write-VpcSector -ErrorVariable problem -ErrorAction SilentlyContinue
        "$($problem[0])" | Should -BeLike '*this session has the image open*'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*in parentheses*'
        (Read-VpcSector big.vhd 0 100000) | Select-Object -First 2 | Write-VpcSector -ErrorVariable problem
        $problem | Should -BeNullOrEmpty
    }

    It 'sorts, filters and groups by the columns that are seen' {
        $images = Get-VpcImage *.vhd
        ($images | Where-Object OnDisk -GT 0 | Sort-Object Name | Select-Object -ExpandProperty Name) | Should -Be @('b[1].vhd', 'b1.vhd')
        ($images | Group-Object Type).Name | Should -Be Dynamic
        $result = Test-VpcImage b1.vhd
        $result.Valid, $result.Gravest | Should -Be @($true, '')
    }

    It 'has a property for each head of a column' {
        $views = [xml](Get-Content -Raw (Join-Path (Split-Path $module) VhdPS.Format.ps1xml))
        $assembly = (Get-Command Get-VpcImage).ImplementingType.Assembly
        $lacking = foreach ($view in $views.Configuration.ViewDefinitions.View | Where-Object { $_.SelectSingleNode('TableControl') }) {
            $name = @($view.ViewSelectedBy.TypeName)[0] -replace '#.*'
            if ($name -notlike 'VhdPS.*') { continue }
            $types = Get-TypeData $name
            $aliases = @(if ($types) { $types.Members.Keys })
            $heads = $view.TableControl.TableHeaders.TableColumnHeader | ForEach-Object Label
            $heads | Where-Object { -not $assembly.GetType($name).GetProperty($_) -and $_ -notin $aliases } | ForEach-Object { "$name $_" }
        }
        $lacking | Should -BeNullOrEmpty
    }

    It 'emits raw files as PowerShell does' {
        (Convert-VpcImage b1.vhd c.raw -PassThru).PSPath | Should -BeLike '*FileSystem::*c.raw'
        (Show-VpcMap b1.vhd -OutFile c.svg).PSPath | Should -BeLike '*FileSystem::*c.svg'
    }

    It 'makes a report that can be read' {
        $row = Test-VpcImage b1.vhd -For Azure | ConvertTo-Csv | ConvertFrom-Csv
        $row.Gravest, $row.Name | Should -Be @('AzureTypeNotFixed', 'b1.vhd')
        $row.Findings | Should -BeLike 'Error AzureTypeNotFixed*;*'
        $row.PSObject.Properties.Value -match 'Collection' | Should -BeNullOrEmpty
    }

    It 'plans with -WhatIf, and a plan deletes nothing: <Command>' -ForEach @(
        @{ Command = 'Merge-VpcImage child.vhd -WhatIf'; Type = 'VhdPS.VpcMergePlan' }
        @{ Command = 'Resize-VpcImage b1.vhd -Size 8MB -WhatIf'; Type = 'VhdPS.VpcResizePlan' }
        @{ Command = 'Convert-VpcImage b1.vhd f.vhd -VhdType Fixed -WhatIf'; Type = 'VhdPS.VpcConvertPlan' }
        @{ Command = 'Optimize-VpcImage b1.vhd -WhatIf'; Type = 'VhdPS.VpcOptimizePlan' }
        @{ Command = 'Repair-VpcImage hurt.vhd -WhatIf'; Type = 'VhdPS.VpcRepairPlan' }
        @{ Command = 'Send-VpcImage b1.vhd -WhatIf'; Type = 'VhdPS.VpcSendPlan' }
    ) {
        $null = New-VpcImage child.vhd -ParentPath b1.vhd
        if ($Command -notlike 'Merge*') { Remove-Item child.vhd }
        $null = New-VpcImage hurt.vhd -Size 4MB
        Edit-Byte hurt.vhd -100
        $before = Get-FolderState
        $plan = . ([scriptblock]::Create($Command))
        $plan | Should -BeOfType $Type
        $plan.PSObject.Properties.Name | Should -Not -Contain Path
        $plan.PSObject.Properties.Name | Should -Not -Contain PSPath
        $plan | Remove-Item -ErrorAction SilentlyContinue
        Get-FolderState | Should -Be $before
    }

    It 'refuses with -WhatIf what the command refuses: <_>' -ForEach @(
        'Write-VpcSector b1.vhd 99999999 ([byte[]]::new(512))'
        'New-VpcImage b1.vhd -Size 4MB'
        'Convert-VpcImage b1.vhd c.vhd'
        'Convert-VpcImage b1.vhd -InPlace'
        'Undo-VpcRepair b1.vhd'
        'Set-VpcImage b1.vhd -ParentPath c.vhd'
        'Merge-VpcImage b1.vhd'
    ) {
        Copy-Item b1.vhd c.vhd
        $null = . ([scriptblock]::Create("$_ -WhatIf -ErrorVariable problem -ErrorAction SilentlyContinue"))
        $planned = $problem[0].FullyQualifiedErrorId
        $null = . ([scriptblock]::Create("$_ -ErrorVariable problem -ErrorAction SilentlyContinue"))
        $planned | Should -Be $problem[0].FullyQualifiedErrorId
    }

    It 'plans the length that a resize comes to' {
        $random = [Random]::new(7)
        foreach ($round in 1..12) {
            Copy-Item b1.vhd r.vhd
            if ($round % 3) { Write-VpcSector r.vhd $random.Next(4096) $sector }
            if ($round % 4 -eq 0) { Edit-Byte r.vhd -100 }
            $size = 512 * $random.Next(8192, $round % 2 ? 20000 : 90000000)
            $plan = Resize-VpcImage r.vhd -Size $size -WhatIf
            Resize-VpcImage r.vhd -Size $size
            (Get-Item r.vhd).Length | Should -Be $plan.FileSizeAfter -Because "round $round to $size"
        }
    }

    It 'does long work in a job, where and as the caller would' -Tag ThreadJob {
        $hash = (Get-VpcHash b1.vhd).Hash
        $job = 'b1.vhd', 'missing.vhd' | Get-VpcHash -AsJob
        $job.GetType().Name | Should -Be ThreadJob
        $output = $job | Receive-Job -Wait -ErrorVariable problem -ErrorAction SilentlyContinue
        $output.Hash, $output.Path | Should -Be @($hash, (Join-Path $folder b1.vhd))
        $problem | Should -HaveCount 1
        (Resize-VpcImage b1.vhd -Size 8MB -PassThru -AsJob | Receive-Job -Wait).Size | Should -Be 8MB
    }

    It 'has -AsJob on the long verbs' {
        (Get-Command -Module VhdPS | Where-Object { $_.Parameters.ContainsKey('AsJob') }).Name | Should -Be @(
            'Compare-VpcImage', 'Convert-VpcImage', 'Get-VpcHash', 'Merge-VpcImage', 'Optimize-VpcImage', 'Receive-VpcImage',
            'Repair-VpcImage', 'Resize-VpcImage', 'Send-VpcImage', 'Test-VpcImage')
    }

    It 'names the orphans of a parent that is missing' {
        $null = New-VpcImage base.vhd -Size 5MB
        $null = 'o1.vhd', 'o2.vhd' | New-VpcImage -ParentPath base.vhd
        Remove-Item base.vhd
        $missing = Get-VpcChain . | Where-Object State -EQ Missing
        $missing.Orphans | Split-Path -Leaf | Should -Be @('o1.vhd', 'o2.vhd')
        Get-VpcChain . | ForEach-Object Path | Should -Not -BeNullOrEmpty
    }

    It 'draws many maps into a folder, and one into a file' {
        $null = New-Item -ItemType Directory maps
        (Show-VpcMap *.vhd -OutFile maps).Name | Sort-Object | Should -Be @('b[1].svg', 'b1.svg')
        Show-VpcMap *.vhd -OutFile one.svg -ErrorVariable problem -ErrorAction SilentlyContinue | Should -HaveCount 1
        $problem | Should -HaveCount 1
    }

    It 'takes New-VHD''s switches' {
        (New-VpcImage f.vhd -SizeBytes 5MB -Fixed).VhdType | Should -Be Fixed
        (New-VpcImage d.vhd -SizeBytes 5MB -Dynamic).VhdType | Should -Be Dynamic
        (New-VpcImage c.vhd -ParentPath b1.vhd -SizeBytes 8MB -Differencing).Size | Should -Be 8MB
        (Get-VpcImage c.vhd).DiskIdentifier | Should -Be (Get-VpcImage c.vhd).UniqueId
        (Test-VpcImage c.vhd).IsValid | Should -BeTrue
    }

    It 'refuses names of other formats, and warns of a size without its unit' {
        $null = New-VpcImage a.qcow2 -Size 5MB -ErrorVariable problem -ErrorAction SilentlyContinue
        Convert-VpcImage b1.vhd a.vmdk -ErrorVariable +problem -ErrorAction SilentlyContinue
        $problem | Should -HaveCount 2
        $null = New-VpcImage small.vhd -Size 20 -WarningVariable warning -WarningAction SilentlyContinue
        "$warning" | Should -BeLike '*20GB is written with its unit*'
    }
}

Describe 'a limit of the rate' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage disk.vhd -Size 24MB
        Write-VpcSector disk.vhd 100 ([byte[]](1..255 * 4113)[0..1048575])
    }
    AfterEach { Pop-Location }

    It 'changes no result' {
        $hash = (Get-VpcHash disk.vhd).Hash
        (Get-VpcHash disk.vhd -RateLimit '1 GiB').Hash | Should -Be $hash
        Convert-VpcImage disk.vhd copy.vhd -VhdType Dynamic -RateLimit 1GB
        Compare-VpcImage disk.vhd copy.vhd -RateLimit 1GB -Quiet | Should -BeTrue
        Optimize-VpcImage copy.vhd -RateLimit 1GB | Out-Null
        (Test-VpcImage copy.vhd -Full -RateLimit 1GB).IsValid | Should -BeTrue
        (Get-VpcHash copy.vhd).Hash | Should -Be $hash
    }

    It 'ends with the pipeline that is stopped' {
        # At a byte a second the hash takes months.
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Set-Location '$PWD'; Import-Module '$((Get-Module VhdPS).Path)'; Get-VpcHash disk.vhd -RateLimit 1")
        $running = $shell.BeginInvoke()
        $running.AsyncWaitHandle.WaitOne(1500) | Should -BeFalse
        $shell.Stop()
        $running.IsCompleted | Should -BeTrue
        $shell.Dispose()
    }

    It 'is a number of bytes, not less than 0' {
        { Get-VpcHash disk.vhd -RateLimit -1 } | Should -Throw
    }
}
