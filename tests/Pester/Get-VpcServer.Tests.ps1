BeforeAll { . (Join-Path $PSScriptRoot Images.ps1) }

Describe 'Get-VpcServer' {
    BeforeAll {
        $null = Enter-Folder
        $null = 'a.vhd', 'b.vhd' | New-VpcImage -Size 1MB
        $one = Start-VpcServer a.vhd -Port 0
        $two = Start-VpcServer a.vhd, b.vhd -Port 0
    }
    AfterAll {
        Get-VpcServer | Stop-VpcServer
        Pop-Location
    }

    It 'gives those that run, in their order' {
        Get-VpcServer | Should -Be @($one, $two)
        (Get-VpcServer).Id | Should -Be @($one.Id, $two.Id)
    }

    It 'gives those of the numbers, with an error for each that does not run' {
        $found = Get-VpcServer $two.Id, 99999, $one.Id -ErrorVariable problem -ErrorAction SilentlyContinue
        $found | Should -Be @($two, $one)
        $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
    }

    It 'completes numbers' {
        $line = 'Get-VpcServer '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be @("$($one.Id)", "$($two.Id)")
    }

    It 'sees those of other sessions' -Tag ThreadJob {
        $seen = Start-ThreadJob { Import-Module $using:module; (Get-VpcServer).Id } | Receive-Job -Wait -AutoRemoveJob
        $seen | Should -Be @($one.Id, $two.Id)
    }

    It 'is shown with its exports' {
        $shown = $two | Out-Shown
        $shown | Should -Match 'Exports +: a\.vhd \(1 MiB, read-only\)\r?\n +b\.vhd \(1 MiB, read-only\)'
        $shown | Should -Match 'Read +: 0 B'
    }
}
