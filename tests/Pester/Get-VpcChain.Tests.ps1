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
        $shown | Should -Match 'top\.vhd +Differencing 10 MiB Ok +[0-9a-f]{8}-'
        $shown | Should -Match '└─ middle\.vhd +Differencing 10 MiB Ok +[0-9a-f]{8}-'
        $shown | Should -Not -Match '…'
    }
}
