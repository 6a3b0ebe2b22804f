# Azurite on loopback for tests of transfers, dot-sourced in BeforeAll; needs Images.ps1.
$azuriteVersion = '3.37.0'

# Its script, or nothing where it is not installed.
function Find-Azurite {
    $folder = $env:VHDPS_AZURITE ? $env:VHDPS_AZURITE : (Join-Path $HOME .cache/vhdps "azurite-$azuriteVersion")
    $script = Join-Path $folder node_modules/azurite/dist/src/blob/main.js
    if ((Test-Path $script) -and (Get-Command node -ErrorAction Ignore)) { $script }
}

# Starts it in memory, with an account of its own and a container; returns what New-Sas takes. End it with Stop-Azurite.
function Start-Azurite {
    $key = [Convert]::ToBase64String([Security.Cryptography.RandomNumberGenerator]::GetBytes(32))
    $log = Join-Path $TestDrive 'azurite.log'
    $env:AZURITE_ACCOUNTS = "vhdps:$key"
    $arguments = "`"$(Find-Azurite)`"", '--inMemoryPersistence', '--blobHost', '127.0.0.1', '--blobPort', '0', '--disableTelemetry'
    $process = Start-Process node $arguments -PassThru -RedirectStandardOutput $log -RedirectStandardError "$log.err"
    Remove-Item Env:AZURITE_ACCOUNTS
    $address = $null
    foreach ($try in 1..600) {
        # As one text: a file that grows while it is read comes as several, and then there are no groups.
        if ("$(Get-Content $log -Raw -ErrorAction Ignore)" -match 'listens on (http://\S+)') { $address = $Matches[1]; break }
        Start-Sleep -Milliseconds 100
    }
    if (-not $address) { throw 'Azurite did not start.' }
    $server = [pscustomobject]@{ Process = $process; Service = "$address/vhdps"; Key = $key }
    $container = "$($server.Service)/disks?restype=container&$(New-SasQuery $server -Account)"
    $null = Invoke-WebRequest -Method Put -Uri $container -Headers @{ 'x-ms-version' = '2021-12-02' }
    $server
}

function Stop-Azurite($Server) { Stop-Process -InputObject $Server.Process -Force }

# The query of a signature: over the whole account, which may make containers, or over the container of disks.
function New-SasQuery($Server, [timespan] $Lifetime = '01:00', [switch] $Account) {
    $end = [DateTime]::UtcNow + $Lifetime
    $start = $end.AddDays(-2).ToString('yyyy-MM-ddTHH:mm:ssZ')
    $expiry = $end.ToString('yyyy-MM-ddTHH:mm:ssZ')
    $scope = $Account ? 'ss=b&srt=sco' : 'sr=c'
    $text = $Account ?
        "vhdps`nrwdlac`nb`nsco`n$start`n$expiry`n`n`n2021-12-02`n`n" :
        "rwdlac`n$start`n$expiry`n/blob/vhdps/disks`n`n`n`n2021-12-02`nc`n`n`n`n`n`n`n"
    $hmac = [Security.Cryptography.HMACSHA256]::new([Convert]::FromBase64String($Server.Key))
    $signature = [Convert]::ToBase64String($hmac.ComputeHash([Text.Encoding]::UTF8.GetBytes($text)))
    "sv=2021-12-02&$scope&sp=rwdlac&st=$([uri]::EscapeDataString($start))&se=$([uri]::EscapeDataString($expiry))" +
        "&sig=$([uri]::EscapeDataString($signature))"
}

# A URI with its signature.
function New-Sas($Server, [string] $Name = "$([guid]::NewGuid()).vhd", [timespan] $Lifetime = '01:00', [switch] $Account) {
    "$($Server.Service)/disks/$($Name)?$(New-SasQuery $Server $Lifetime -Account:$Account)"
}

# The bytes of a blob in a file, by a client that is not ours.
function Save-Blob([string] $Sas, [string] $Name) {
    $null = Invoke-WebRequest -Uri $Sas -Headers @{ 'x-ms-version' = '2021-12-02' } -OutFile $Name
}

# Makes a snapshot of a blob; returns its time.
function New-BlobSnapshot([string] $Sas) {
    $answer = Invoke-WebRequest -Method Put -Uri "$Sas&comp=snapshot" -Headers @{ 'x-ms-version' = '2021-12-02' }
    $answer.Headers['x-ms-snapshot'][0]
}

# Starts this PowerShell once more with the module and a script; what it writes goes to files of this name.
function Start-Script([string] $Script, [string] $Name) {
    $program = [Environment]::ProcessPath
    $arguments = @(if ((Split-Path -LeafBase $program) -ne 'pwsh') { "`"$(Join-Path $PSHOME pwsh.dll)`"" })
    $module = (Resolve-Path (Join-Path $PSScriptRoot '../../out/VhdPS/VhdPS.psd1')).ProviderPath
    $text = "Set-Location -LiteralPath '$($PWD.ProviderPath)'; Import-Module '$module'; $Script"
    $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($text))
    $arguments += '-NoProfile', '-NonInteractive', '-EncodedCommand', $encoded
    Start-Process $program $arguments -PassThru -RedirectStandardOutput "$Name.out" -RedirectStandardError "$Name.err"
}

# Waits until a file that another process has to itself has grown since it was first seen; ends with an error where the
# process ends first.
function Wait-Growth([string] $Path, $Process) {
    $seen = 0
    foreach ($growth in 0..1) {
        while ($true) {
            $length = (Test-Path -LiteralPath $Path) ? (Get-Item -LiteralPath $Path -Force).Length : 0
            if ($length -gt $seen) { break }
            if ($Process.HasExited) { throw "The process ended before '$Path' had grown." }
            Start-Sleep -Milliseconds 10
        }
        $seen = $length
    }
}

# A dynamic image with random data of its own in its first bytes. Returns its path.
function New-FilledImage([string] $Name, [long] $Size, [int] $DataSize, [int] $Seed = 1) {
    $null = New-VpcImage $Name -Size $Size
    $bytes = [byte[]]::new($DataSize)
    [Random]::new($Seed).NextBytes($bytes)
    Write-VpcSector $Name 0 $bytes
    (Resolve-Path $Name).ProviderPath
}
