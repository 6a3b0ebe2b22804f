BeforeDiscovery {
    $script:hasGet = [bool](Get-Command Save-PSResource, Register-PSResourceRepository -ErrorAction Ignore)
}

BeforeAll {
    . (Join-Path $PSScriptRoot Images.ps1)
    Add-Type -AssemblyName System.IO.Compression.ZipFile
    $gallery = Enter-Folder
    $project = Join-Path $PSScriptRoot '../../src/VhdPS/VhdPS.csproj'
    $log = dotnet build $project --configuration Release -t:PackModule --verbosity quiet "-p:PackageOutputPath=$gallery"
    if ($LASTEXITCODE -ne 0) { throw $log -join "`n" }

    $manifest = Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1')
    $package = Join-Path $gallery "VhdPS.$($manifest.ModuleVersion).nupkg"
    $zip = [IO.Compression.ZipFile]::OpenRead($package)
    $entries = $zip.Entries.FullName
    $reader = [IO.StreamReader]::new($zip.GetEntry('VhdPS.nuspec').Open())
    $metadata = ([xml]$reader.ReadToEnd()).package.metadata
    $reader.Dispose()
    $zip.Dispose()
}
AfterAll { Pop-Location }

Describe 'the package of the module' {
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

    It 'is found, taken and imported by PowerShell from a repository' -Skip:(-not $hasGet) {
        $name = "VhdPS-$([guid]::NewGuid())"
        Register-PSResourceRepository -Name $name -Uri $gallery -Trusted
        try {
            (Find-PSResource VhdPS -Repository $name).Version | Should -Be $manifest.ModuleVersion
            $null = New-Item -ItemType Directory modules
            Save-PSResource VhdPS -Repository $name -Path modules
        }
        finally {
            Unregister-PSResourceRepository -Name $name
        }

        $saved = (Resolve-Path modules/VhdPS/*/VhdPS.psd1).ProviderPath
        $size = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "Import-Module '$saved'; (New-VpcImage saved.vhd -Size 3MB).Size"
        $size | Should -Be 3MB
    }
}
