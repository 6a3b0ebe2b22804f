BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Get-VpcChain' {
    BeforeEach {
        $null = Enter-Folder
        $null = New-VpcImage base.vhd -Size 10MB
        $null = New-VpcImage middle.vhd -ParentPath base.vhd
        $null = New-VpcImage top.vhd -ParentPath middle.vhd
    }
    AfterEach { Pop-Location }

    It 'goes from the image to the root' {
        $chain = Get-VpcChain top.vhd
        $chain.Path | Split-Path -Leaf | Should -Be @('top.vhd', 'middle.vhd', 'base.vhd')
        $chain.Depth | Should -Be @(0, 1, 2)
        $chain.State | Should -Be @('Ok', 'Ok', 'Ok')
        $chain[0].ParentUniqueId | Should -Be $chain[1].UniqueId
        $chain[2].ParentUniqueId | Should -BeNullOrEmpty
    }

    It 'says which parent is missing, as a result' {
        Remove-Item base.vhd
        $chain = Get-VpcChain top.vhd -ErrorAction Stop
        $chain.State | Should -Be @('Ok', 'Ok', 'Missing')
        $chain[2].TriedPath[0].Path | Split-Path -Leaf | Should -Be 'base.vhd'
        $chain[2].TriedPath[0].Reason | Should -Be 'not found'
    }

    It 'says that a parent is another image' {
        $null = New-VpcImage base.vhd -Size 10MB -Force
        (Get-VpcChain top.vhd)[-1].State | Should -Be 'IdMismatch'
    }

    It 'finds a moved parent only where it may look' {
        $null = New-Item -ItemType Directory other, store
        Move-Item top.vhd other
        Move-Item middle.vhd, base.vhd store
        (Get-VpcChain other/top.vhd)[-1].State | Should -Be 'Missing'
        (Get-VpcChain other/top.vhd -ParentSearchPath store).State | Should -Be @('Ok', 'Ok', 'Ok')
    }

    It 'draws the families of a folder' {
        $null = New-VpcImage twin.vhd -ParentPath base.vhd
        $null = New-VpcImage alone.vhd -Size 1MB
        $forest = Get-VpcChain .
        $forest.Path | Split-Path -Leaf | Should -Be @('alone.vhd', 'base.vhd', 'middle.vhd', 'top.vhd', 'twin.vhd')
        $forest.Depth | Should -Be @(0, 0, 1, 2, 1)
    }

    It 'pipes into other cmdlets and into Move-Item' {
        Get-VpcChain top.vhd | Get-VpcImage | ForEach-Object VhdType | Should -Be @('Differencing', 'Differencing', 'Dynamic')
        $null = New-Item -ItemType Directory moved
        Get-VpcChain top.vhd | Move-Item -Destination moved
        (Get-VpcChain moved/top.vhd).State | Should -Be @('Ok', 'Ok', 'Ok')
    }

    It 'shows the tree within <_> columns' -ForEach 80, 120 {
        $shown = Get-VpcChain top.vhd | Out-Shown $_
        $shown | Should -Match 'top\.vhd +Differencing +10 MiB Ok'
        $shown | Should -Match '└─ middle\.vhd +Differencing +10 MiB Ok'
        $shown | Should -Not -Match '…'
    }

    It 'gives the size of each level, and of a missing file the place beside its child' {
        (Get-VpcChain top.vhd).Size | Should -Be @(10MB, 10MB, 10MB)
        Remove-Item base.vhd
        $missing = (Get-VpcChain top.vhd)[2]
        $missing.Depth | Should -Be 2
        "$($missing.TriedPath)" | Should -BeLike "*$(Join-Path $PWD base.vhd)*"
        $missing.Path, $missing.Orphans | Should -Be @((Join-Path $PWD base.vhd), (Join-Path $PWD middle.vhd))
        $missing.StoredPath | Should -BeLike '*base.vhd'
        $missing | Get-VpcImage -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
    }

    It 'draws each level below the one before' {
        Get-VpcChain top.vhd | Out-Shown 120 | Should -Match '(?m)^top\.vhd .*\n└─ middle\.vhd .*\n   └─ base\.vhd '
    }

    It 'draws a forest with orphans, rings, damage, and ids that are not unique' {
        Remove-Item *.vhd
        $null = New-Item -ItemType Directory sub/deep
        [ImageBytes]::Fixed().WithId('base').Save('base.vhd')
        [ImageBytes]::Child('web', 'base', '..\base.vhd').Save('sub/web.vhd')
        [ImageBytes]::Child('test', 'web', '..\web.vhd').Save('sub/deep/test.avhd')
        [ImageBytes]::Fixed().WithId('base').Save('sub/copy.vhd')
        [ImageBytes]::Child('o1', 'gone', 'gone.vhd').Save('orphan1.vhd')
        [ImageBytes]::Child('o2', 'gone', 'gone.vhd').Save('orphan2.vhd')
        [ImageBytes]::Child('w', 'nothing', 'base.vhd').Save('wrong.vhd')
        [ImageBytes]::Child('r1', 'r2', 'ring2.vhd').Save('ring1.vhd')
        [ImageBytes]::Child('r2', 'r1', 'ring1.vhd').Save('ring2.vhd')
        [ImageBytes]::Child('s', 's', 'self.vhd').Save('self.vhd')
        'junk' | Set-Content junk.vhd
        'no image' | Set-Content note.txt

        $all = Get-VpcChain . -Recurse
        $all | ForEach-Object { "$($_.Tree) $($_.State)" } | Should -BeExactly @(
            'base.vhd Ok', '└─ web.vhd Ok', '   └─ test.avhd Ok'
            'base.vhd IdMismatch', '└─ wrong.vhd Ok'
            'junk.vhd Damaged'
            'ring2.vhd Cycle', '└─ ring1.vhd Ok', '   └─ ring2.vhd Ok'
            'self.vhd Cycle', '└─ self.vhd Ok'
            'copy.vhd Ok'
            'gone.vhd Missing', '├─ orphan1.vhd Ok', '└─ orphan2.vhd Ok'
        )
        ($all | Where-Object Path -EQ (Join-Path $PWD sub copy.vhd)).SameIdPath | Should -Be (Join-Path $PWD base.vhd)

        # The parent of web.vhd lies outside of this folder, and what a file names there is not followed.
        foreach ($folder in 'sub', 'sub/deep/..') {
            (Get-VpcChain $folder).State | Sort-Object { "$_" } | Should -Be @('NotFollowed', 'Ok', 'Ok')
        }
    }

    It 'takes a parent outside of the folder for a root of its own' {
        $null = New-Item -ItemType Directory vms, store
        [ImageBytes]::Fixed().WithId('base').Save('store/base.vhd')
        [ImageBytes]::Child('mid', 'base', 'base.vhd').Save('store/mid.vhd')
        [ImageBytes]::Child('leaf', 'mid', 'mid.vhd').Save('vms/leaf.vhd')
        (Get-VpcChain vms).State | Should -Be @('Missing', 'Ok')
        (Get-VpcChain vms -ParentSearchPath store).Tree | Should -BeExactly @('base.vhd', '└─ mid.vhd', '   └─ leaf.vhd')
    }

    It 'is one level of a raw disk by name, and never of a folder' {
        [IO.File]::WriteAllBytes("$PWD/odd.img", [byte[]]::new(1024))
        $level = Get-VpcChain odd.img -SourceFormat Raw
        $level.Depth, "$($level.State)", $level.IsRaw, $level.Size, $level.VhdType | Should -Be @(0, 'Ok', $true, 1024, $null)
        { Get-VpcChain . -SourceFormat Raw -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
    }
}
