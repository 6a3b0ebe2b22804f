# What starts the PowerShell that runs this once more: its program, or dotnet and its assembly where it is a .NET tool.
function Get-PowerShellCommand {
    $program = [Environment]::ProcessPath
    $program
    if ((Split-Path -LeafBase $program) -ne 'pwsh') { Join-Path $PSHOME pwsh.dll }
}

# Runs it with arguments, and gives what it writes as lines. What comes by the pipeline is its standard input.
function Invoke-PowerShell {
    $program, $arguments = @(Get-PowerShellCommand) + '-NoProfile' + $args
    $input | & $program @arguments
}
