BeforeDiscovery {
    . $PSScriptRoot/Images.ps1
}

Describe 'about_VpcErrors' {
    BeforeAll {
        $docs = Join-Path $PSScriptRoot '..' '..' 'docs'
        $page = Get-Content (Join-Path $docs 'en-US' 'about_VpcErrors.md') -Raw
        $made = & (Join-Path $docs 'errors-page.ps1')
    }

    It 'is what the catalogue of advice makes' {
        $page.ReplaceLineEndings("`n") | Should -BeExactly $made
    }

    It 'has a section with an action for every fault and every error of an operation' {
        $ids = [Enum]::GetNames([VhdPS.Engine.Format.FaultCode]) + [Enum]::GetNames([VhdPS.Engine.Files.OperationError])
        foreach ($id in $ids) {
            $made | Should -Match "(?m)^## $id`n.+\.`n`nWhat to do: .+\.`n"
        }
    }
}
