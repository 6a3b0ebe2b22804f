# Raw disks with partitions, made byte by byte: the tests of cmdlets need no other program for them.

# CRC-32 as a GPT has it.
function Get-Crc32([byte[]] $Bytes) {
    $table = [uint[]]::new(256)
    for ($i = 0; $i -lt 256; $i++) {
        [uint] $value = $i
        for ($bit = 0; $bit -lt 8; $bit++) { $value = $value -band 1 ? ($value -shr 1) -bxor 0xEDB88320u : $value -shr 1 }
        $table[$i] = $value
    }
    [uint] $crc = [uint]::MaxValue
    foreach ($byte in $Bytes) { $crc = ($crc -shr 8) -bxor $table[($crc -bxor $byte) -band 255] }
    $crc -bxor [uint]::MaxValue
}

function Set-Part([byte[]] $Bytes, [int] $Offset, [byte[]] $Part) { $Part.CopyTo($Bytes, $Offset) }

function Set-Number([byte[]] $Bytes, [int] $Offset, $Value) { [BitConverter]::GetBytes($Value).CopyTo($Bytes, $Offset) }

# Writes sectors to a raw file that is open.
function Write-Part($Stream, [long] $Sector, [byte[]] $Bytes) {
    $Stream.Position = $Sector * 512
    $Stream.Write($Bytes)
}

# The start of a clean FAT16 volume with one file: reserved sector, two FATs, root folder; sectors of 512, clusters of four.
function Get-FatVolume([int] $SectorCount, [string] $Label, [byte[]] $Content) {
    $fatSectors = [int][math]::Ceiling(($SectorCount / 4 + 2) * 2 / 512)
    $bytes = [byte[]]::new(512 * (1 + 2 * $fatSectors + 32 + 4))
    Set-Part $bytes 0 (0xEB, 0x3C, 0x90)
    [Text.Encoding]::ASCII.GetBytes('MSDOS5.0').CopyTo($bytes, 3)
    Set-Number $bytes 11 ([uint16]512)
    $bytes[13] = 4
    Set-Number $bytes 14 ([uint16]1)
    $bytes[16] = 2
    Set-Number $bytes 17 ([uint16]512)
    if ($SectorCount -lt 65536) { Set-Number $bytes 19 ([uint16]$SectorCount) } else { Set-Number $bytes 32 ([uint]$SectorCount) }
    $bytes[21] = 0xF8
    Set-Number $bytes 22 ([uint16]$fatSectors)
    Set-Number $bytes 24 ([uint16]63)
    Set-Number $bytes 26 ([uint16]16)
    Set-Number $bytes 28 ([uint]2048)
    $bytes[36] = 0x80
    $bytes[38] = 0x29
    Set-Number $bytes 39 ([uint]0x1234ABCD)
    [Text.Encoding]::ASCII.GetBytes($Label.PadRight(11)).CopyTo($bytes, 43)
    [Text.Encoding]::ASCII.GetBytes('FAT16   ').CopyTo($bytes, 54)
    Set-Part $bytes 510 (0x55, 0xAA)
    # The first two entries say that the volume is clean; cluster 2 is the file's.
    foreach ($copy in 0, 1) { Set-Part $bytes (512 * (1 + $copy * $fatSectors)) (0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF) }
    $root = 512 * (1 + 2 * $fatSectors)
    [Text.Encoding]::ASCII.GetBytes($Label.PadRight(11)).CopyTo($bytes, $root)
    $bytes[$root + 11] = 8
    [Text.Encoding]::ASCII.GetBytes('HELLO   TXT').CopyTo($bytes, $root + 32)
    $bytes[$root + 43] = 0x20
    Set-Number $bytes ($root + 32 + 26) ([uint16]2)
    Set-Number $bytes ($root + 32 + 28) ([uint]$Content.Length)
    $Content.CopyTo($bytes, $root + 512 * 32)
    , $bytes
}

# Sectors 0 to 33 of a disk with a GPT, and its last 33: partitions as hashtables with Type, Start, Count, Name.
function Get-Gpt([long] $SectorCount, [hashtable[]] $Partitions) {
    $entries = [byte[]]::new(16384)
    for ($i = 0; $i -lt $Partitions.Count; $i++) {
        ([guid]$Partitions[$i].Type).ToByteArray().CopyTo($entries, 128 * $i)
        ([guid]"11111111-2222-3333-4444-00000000000$i").ToByteArray().CopyTo($entries, 128 * $i + 16)
        Set-Number $entries (128 * $i + 32) ([uint64]$Partitions[$i].Start)
        Set-Number $entries (128 * $i + 40) ([uint64]($Partitions[$i].Start + $Partitions[$i].Count - 1))
        [Text.Encoding]::Unicode.GetBytes($Partitions[$i].Name).CopyTo($entries, 128 * $i + 56)
    }

    $last = $SectorCount - 1
    $crc = Get-Crc32 $entries
    $header = foreach ($place in @(1, $last, 2), @($last, 1, ($last - 32))) {
        $bytes = [byte[]]::new(512)
        [Text.Encoding]::ASCII.GetBytes('EFI PART').CopyTo($bytes, 0)
        Set-Number $bytes 8 ([uint]0x10000)
        Set-Number $bytes 12 ([uint]92)
        Set-Number $bytes 24 ([uint64]$place[0])
        Set-Number $bytes 32 ([uint64]$place[1])
        Set-Number $bytes 40 ([uint64]34)
        Set-Number $bytes 48 ([uint64]($last - 33))
        ([guid]'a1b2c3d4-0000-4000-8000-00000000abcd').ToByteArray().CopyTo($bytes, 56)
        Set-Number $bytes 72 ([uint64]$place[2])
        Set-Number $bytes 80 ([uint]128)
        Set-Number $bytes 84 ([uint]128)
        Set-Number $bytes 88 ([uint]$crc)
        Set-Number $bytes 16 (Get-Crc32 $bytes[0..91])
        , $bytes
    }

    $record = [byte[]]::new(512)
    Set-Part $record 446 (0, 0, 2, 0, 0xEE, 0xFF, 0xFF, 0xFF)
    Set-Number $record 454 ([uint]1)
    Set-Number $record 458 ([uint]$last)
    Set-Part $record 510 (0x55, 0xAA)
    @{ Start = [byte[]]($record + $header[0] + $entries); End = [byte[]]($entries + $header[1]) }
}

# Writes a raw disk with a GPT of two partitions, from 1 to 17 MiB and on to 33: a FAT16 volume with the file HELLO.TXT and rubbish
# in its free space, and one for Linux with nothing in it.
function Write-GptDisk([string] $Name, [long] $Size = 64MB) {
    $gpt = Get-Gpt ($Size / 512) @(
        @{ Type = 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7'; Start = 2048; Count = 32768; Name = 'data' }
        @{ Type = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'; Start = 34816; Count = 32768; Name = 'root' }
    )
    $stream = [IO.File]::Create((Join-Path $PWD.ProviderPath $Name))
    $stream.SetLength($Size)
    Write-Part $stream 0 $gpt.Start
    Write-Part $stream 2048 (Get-FatVolume 32768 'FILES' ([Text.Encoding]::ASCII.GetBytes('Hello, partition.')))
    $rubbish = [byte[]]::new(4MB)
    [Array]::Fill($rubbish, [byte]7)
    Write-Part $stream 12288 $rubbish
    Write-Part $stream ($Size / 512 - 33) $gpt.End
    $stream.Dispose()
}

# Writes a raw disk with an MBR: an active partition for FAT16 from 1 to 17 MiB, an extended one with one logical.
function Write-MbrDisk([string] $Name, [long] $Size = 64MB) {
    function New-Entry([byte] $Flag, [byte] $Type, [uint] $Start, [uint] $Count) {
        [byte[]](@($Flag, 0, 0, 0, $Type, 0, 0, 0) + [BitConverter]::GetBytes($Start) + [BitConverter]::GetBytes($Count))
    }

    $stream = [IO.File]::Create((Join-Path $PWD.ProviderPath $Name))
    $stream.SetLength($Size)
    $records = @{
        0 = (New-Entry 0x80 0x06 2048 32768) + (New-Entry 0 0x05 34816 32768)
        34816 = New-Entry 0 0x83 2048 16384
    }
    foreach ($sector in $records.Keys) {
        $record = [byte[]]::new(512)
        ([byte[]]$records[$sector]).CopyTo($record, 446)
        Set-Part $record 510 (0x55, 0xAA)
        Write-Part $stream $sector $record
    }
    Write-Part $stream 2048 (Get-FatVolume 32768 'BOOT' ([Text.Encoding]::ASCII.GetBytes('Hello, partition.')))
    $stream.Dispose()
}
