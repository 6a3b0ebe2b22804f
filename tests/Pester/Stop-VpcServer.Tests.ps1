BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Stop-VpcServer' {
    BeforeEach {
        $null = Enter-Folder
        $null = 'a.vhd', 'b.vhd' | New-VpcImage -Size 1MB
        $servers = 'a.vhd', 'b.vhd' | ForEach-Object { Start-VpcServer $_ -Writable -Port 0 }
    }
    AfterEach {
        Get-VpcServer | Stop-VpcServer
        Get-Unsound | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'stops by number, and the others go on' {
        Stop-VpcServer $servers[0].Id | Should -BeNullOrEmpty
        Get-VpcServer | Should -Be $servers[1]
        Write-VpcSector a.vhd 0 (Get-Pattern 512)
    }

    It 'stops what comes by the pipeline, and gives it on request' {
        $stopped = Get-VpcServer | Stop-VpcServer -PassThru
        $stopped | Should -Be $servers
        $stopped.IsRunning | Should -Be @($false, $false)
        'a.vhd', 'b.vhd' | Write-VpcSector -Sector 0 -Data (Get-Pattern 512)
    }

    It 'stops nothing with -WhatIf' {
        Get-VpcServer | Stop-VpcServer -WhatIf
        $servers.IsRunning | Should -Be @($true, $true)
    }

    It 'says which number does not run' {
        { Stop-VpcServer 99999 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*' -ExpectedMessage '*99999*'
    }

    It 'stops a second time without an error' {
        $servers | Stop-VpcServer
        $servers | Stop-VpcServer
    }
}
