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
        if ((Get-Content $log -Raw -ErrorAction Ignore) -match 'listens on (http://\S+)') { $address = $Matches[1]; break }
        Start-Sleep -Milliseconds 100
    }
    if (-not $address) { throw 'Azurite did not start.' }
    $server = [pscustomobject]@{ Process = $process; Service = "$address/vhdps"; Key = $key }
    $null = Invoke-WebRequest -Method Put -Uri "$($server.Service)/disks?restype=container&$(New-SasQuery $server)" -Headers @{ 'x-ms-version' = '2021-12-02' }
    $server
}

function Stop-Azurite($Server) { Stop-Process -InputObject $Server.Process -Force }

# The query of a signature over the whole account.
function New-SasQuery($Server, [timespan] $Lifetime = '01:00') {
    $end = [DateTime]::UtcNow + $Lifetime
    $start = $end.AddDays(-2).ToString('yyyy-MM-ddTHH:mm:ssZ')
    $expiry = $end.ToString('yyyy-MM-ddTHH:mm:ssZ')
    $text = "vhdps`nrwdlac`nb`nsco`n$start`n$expiry`n`n`n2021-12-02`n`n"
    $hmac = [Security.Cryptography.HMACSHA256]::new([Convert]::FromBase64String($Server.Key))
    $signature = [Convert]::ToBase64String($hmac.ComputeHash([Text.Encoding]::UTF8.GetBytes($text)))
    "sv=2021-12-02&ss=b&srt=sco&sp=rwdlac&st=$([uri]::EscapeDataString($start))&se=$([uri]::EscapeDataString($expiry))&sig=$([uri]::EscapeDataString($signature))"
}

# A URI with its signature.
function New-Sas($Server, [string] $Name = "$([guid]::NewGuid()).vhd", [timespan] $Lifetime = '01:00') {
    "$($Server.Service)/disks/$($Name)?$(New-SasQuery $Server $Lifetime)"
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
