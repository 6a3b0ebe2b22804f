<#
.SYNOPSIS
Makes the text of docs/en-US/about_VpcErrors.md from the module's catalogue of advice.

.DESCRIPTION
The meaning of each error and what to do about it stand in one place, the module's AdviceCatalog; severity, effect and whether a
fault can be repaired stand in the engine's FaultCatalog. The module must be imported.
#>
[CmdletBinding()]
[OutputType([string])]
param()

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$module = [VhdPS.VpcImage].Assembly
$catalog = $module.GetType('VhdPS.AdviceCatalog', $true)
$private = [Reflection.BindingFlags]'Static, Public, NonPublic'
$faults = $catalog.GetField('Faults', $private).GetValue($null)
$errors = $catalog.GetField('Errors', $private).GetValue($null)
$operationErrors = [Enum]::GetNames([VhdPS.Engine.Files.OperationError])

function Get-FaultSection([string] $Code) {
    $facts = [VhdPS.Engine.Format.FaultCatalog]::Of($Code)
    $effect = $catalog.GetMethod('EffectOf', $private).Invoke($null, @([VhdPS.Engine.Format.FaultCode]$Code))
    $kind = $facts.IsRepairable ? "$($facts.Severity). Repairable." : "$($facts.Severity)."
    "## $Code", "$kind $($faults[$Code].Meaning) $effect", '', "What to do: $($faults[$Code].Action)", ''
}

function Get-ErrorSection([string] $Id) {
    "## $Id", $errors[$Id].Meaning, '', "What to do: $($errors[$Id].Action)", ''
}

$lines = @(
    @'
# VpcErrors
## about_VpcErrors

# SHORT DESCRIPTION
Every fault that an image can have, every error of an operation and every other error: what it means and what to do.

# LONG DESCRIPTION
The id of an error begins with the name of what is wrong, and so does each finding of a check:

```powershell
$Error[0].FullyQualifiedErrorId
$Error[0].ErrorDetails.RecommendedAction
```

The message names the file and, where there is one, the structure, its offset in the file, the value found and the value expected.

'@
    @(
        'Three kinds follow: faults of an image, errors of operations, which the engine declined to do although the image may be valid,'
        'and errors of files and the system. A fault is a note (nothing is wrong with the data), a warning (it departs from the'
        'specification; the data can be read) or an error (data is lost, doubtful or out of reach). "Repairable" means that'
        'Repair-VpcImage can repair it from evidence in the file.'
    ) -join ' '
    @'

Before anything is tried on a damaged image that matters, copy the file.

# FAULTS

'@
    foreach ($code in [Enum]::GetNames([VhdPS.Engine.Format.FaultCode])) { Get-FaultSection $code }
    '# OPERATION ERRORS', ''
    foreach ($id in $operationErrors) { Get-ErrorSection $id }
    '# OTHER ERRORS', ''
    foreach ($id in $errors.Keys | Where-Object { $_ -notin $operationErrors }) { Get-ErrorSection $id }
    @'
# SEE ALSO
about_VhdPS

about_VpcFormat

Test-VpcChecksum

# KEYWORDS
- VHD
- error
- repair
'@
)
($lines -join "`n").ReplaceLineEndings("`n") + "`n"
