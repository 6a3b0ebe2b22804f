@{
    RootModule = 'out/VhdPS/VhdPS.dll'
    ModuleVersion = '1.0.0'
    GUID = '6f1c2b8e-55d0-4b7a-9a35-7d2e4c1f90ab'
    Author = 'VhdPS contributors'
    CompanyName = 'VhdPS contributors'
    Copyright = '(c) 2026 VhdPS contributors. MIT licence.'
    Description = 'Create, inspect, read, write, check, repair and convert Virtual PC / Hyper-V disk images (.vhd) on Linux, macOS and Windows, without Hyper-V.'
    PowerShellVersion = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess = @('out/VhdPS/VhdPS.Format.ps1xml')
    TypesToProcess = @('out/VhdPS/VhdPS.Types.ps1xml')
    CmdletsToExport = @(
        'Compare-VpcImage'
        'Convert-VpcImage'
        'Get-VpcBlock'
        'Get-VpcChain'
        'Get-VpcFooter'
        'Get-VpcHash'
        'Get-VpcImage'
        'Get-VpcPartition'
        'Get-VpcServer'
        'Merge-VpcImage'
        'New-VpcImage'
        'Optimize-VpcImage'
        'Read-VpcSector'
        'Receive-VpcImage'
        'Repair-VpcImage'
        'Resize-VpcImage'
        'Send-VpcImage'
        'Set-VpcImage'
        'Show-VpcMap'
        'Start-VpcServer'
        'Stop-VpcServer'
        'Test-VpcChecksum'
        'Test-VpcImage'
        'Undo-VpcRepair'
        'Write-VpcSector'
    )
    FunctionsToExport = @()
    AliasesToExport = @()
    VariablesToExport = @()
    PrivateData = @{
        PSData = @{
            Tags = @('VHD', 'Hyper-V', 'VirtualPC', 'Azure', 'Xen', 'DiskImage', 'VirtualDisk', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri = 'https://opensource.org/license/mit'
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
