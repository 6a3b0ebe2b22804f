BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    Add-Type -AssemblyName System.IO.Compression.ZipFile
    $null = Enter-Folder
    # Packages that are there already, or the module's made for this: beside the staged one, which is in use.
    $packages = $env:VHDPS_PACKAGES
    if (-not $packages) {
        $packages = Join-Path $PWD packages
        $project = Join-Path $PSScriptRoot '../../src/VhdPS/VhdPS.csproj'
        $places = "-p:PackageOutputPath=$packages/", "-p:StagedModulePath=$PWD/staged/"
        $log = dotnet build $project --configuration Release '-t:PackModule' --verbosity quiet @places
        if ($LASTEXITCODE -ne 0) { throw $log -join "`n" }
    }

    $manifest = Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1')
    $package = Join-Path $packages "VhdPS.$($manifest.ModuleVersion).nupkg"
    $zip = [IO.Compression.ZipFile]::OpenRead($package)
    $entries = $zip.Entries.FullName
    $reader = [IO.StreamReader]::new($zip.GetEntry('VhdPS.nuspec').Open())
    $metadata = ([xml]$reader.ReadToEnd()).package.metadata
    $reader.Dispose()
    $reader = [IO.StreamReader]::new($zip.GetEntry('README.md').Open())
    $readme = $reader.ReadToEnd()
    $reader.Dispose()
    $zip.Dispose()
}
AfterAll { Pop-Location }

Describe 'the package of the module' -Tag Dotnet {
    It 'has the manifest at its root, and every file that it names' {
        $entries | Should -Contain 'VhdPS.psd1'
        $manifest.RootModule, $manifest.FormatsToProcess, $manifest.TypesToProcess | ForEach-Object { $entries | Should -Contain $_ }
        $entries | Should -Contain 'en-US/VhdPS.dll-Help.xml'
        $entries | Should -Contain 'LICENSE'
    }

    It 'holds programs of others only where their notices are' {
        $entries -match '\.(dll|exe|so|dylib)$' -notlike 'azure/*' | Sort-Object | Should -Be @('VhdPS.dll', 'VhdPS.Engine.dll')
        $staged = Get-ChildItem (Join-Path $PSScriptRoot '../../out/VhdPS/azure') | ForEach-Object { "azure/$($_.Name)" }
        $entries -like 'azure/*' | Sort-Object | Should -Be ($staged | Sort-Object)
        $staged | Should -Contain 'azure/THIRD-PARTY-NOTICES.md'
    }

    It 'has a README without links that lead nowhere outside the repository' {
        $readme | Should -Match '`Send-VpcImage`'
        $readme | Should -Not -Match '\]\((?!https?:)'
    }

    It 'is under 5 MB' {
        (Get-Item $package).Length | Should -BeLessThan 5000000
    }

    It 'says in its metadata what the manifest says, and what a gallery finds modules by' {
        $metadata.id | Should -Be 'VhdPS'
        $metadata.version | Should -Be $manifest.ModuleVersion
        $metadata.authors | Should -Be $manifest.Author
        $metadata.license.InnerText | Should -Be 'MIT'
        $tags = $metadata.tags -split ' '
        $tags | Should -Contain 'PSModule'
        $manifest.PrivateData.PSData.Tags | ForEach-Object { $tags | Should -Contain $_ }
        $manifest.CmdletsToExport | ForEach-Object { $tags | Should -Contain "PSCmdlet_$_" }
    }

    # A user's repositories and modules are left alone: on Unix they are below HOME.
    It 'is found, installed and imported by PowerShell from a folder' {
        $names = 'HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'PSModulePath'
        $before = $names | ForEach-Object { [Environment]::GetEnvironmentVariable($_) }
        $install = $IsWindows ? 'Save-PSResource VhdPS -Repository here -Path modules; $env:PSModulePath = "$PWD/modules"' :
            'Install-PSResource VhdPS -Repository here'
        try {
            $names | Select-Object -Skip 1 | ForEach-Object { [Environment]::SetEnvironmentVariable($_, $null) }
            if (-not $IsWindows) { $env:HOME = $PWD }
            $found, $made, $size = Invoke-PowerShell -NonInteractive -Command "
                `$ErrorActionPreference = 'Stop'
                Register-PSResourceRepository -Name here -Uri '$packages' -Trusted
                try {
                    (Find-PSResource VhdPS -Repository here).Version.ToString()
                    $install
                }
                finally {
                    Unregister-PSResourceRepository -Name here
                }
                Import-Module VhdPS
                (Get-Module VhdPS).Path
                (New-VpcImage installed.vhd -Size 3MB).Size"
        }
        finally {
            for ($i = 0; $i -lt $names.Count; $i++) { [Environment]::SetEnvironmentVariable($names[$i], $before[$i]) }
        }

        $found | Should -Be $manifest.ModuleVersion
        $made | Should -BeLike "$PWD*VhdPS.dll"
        $size | Should -Be 3MB
    }
}
