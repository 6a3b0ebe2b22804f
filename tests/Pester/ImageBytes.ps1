# An image made byte by byte from the specification, without the module, so that any field can have any value. It is sound until
# a fault is put in. What puts a field gives the structure its right checksum again, unless the method says Unsealed.
class ImageBytes {
    [Collections.Generic.List[byte]] $Bytes = [Collections.Generic.List[byte]]::new()
    [int] $BlockSize = 4096
    [int] $FooterOffset
    [bool] $IsFixed

    # Each sector holds its number, low 8 bits.
    static [ImageBytes] Fixed([int] $Size) {
        $image = [ImageBytes]::new()
        $image.IsFixed = $true
        $data = [byte[]]::new($Size)
        for ($sector = 0; $sector * 512 -lt $Size; $sector++) { [Array]::Fill($data, [byte]($sector -band 255), $sector * 512, 512) }
        $image.Bytes.AddRange($data)
        $image.Bytes.AddRange([ImageBytes]::Footer(2, $Size, -1))
        $image.FooterOffset = $Size
        return $image
    }

    static [ImageBytes] Fixed() { return [ImageBytes]::Fixed(64KB) }

    # No block is in the file. The header is at 512, the table at 1536.
    static [ImageBytes] Dynamic([int] $Size) { return [ImageBytes]::Sparse(3, $Size) }

    static [ImageBytes] Dynamic() { return [ImageBytes]::Dynamic(64KB) }

    # A child with the parent's id and name, but no locator.
    static [ImageBytes] Child([string] $Id, [string] $ParentId, [string] $ParentName) {
        $image = [ImageBytes]::Sparse(4, 64KB).WithId($Id).PutHeader(40, [ImageBytes]::Id($ParentId))
        return $image.PutHeader(64, [Text.Encoding]::BigEndianUnicode.GetBytes($ParentName))
    }

    # The sixteen bytes that stand for a name.
    static [byte[]] Id([string] $Name) {
        $hash = [Security.Cryptography.SHA256]::HashData([Text.Encoding]::UTF8.GetBytes($Name))
        return [Linq.Enumerable]::ToArray([Linq.Enumerable]::Take($hash, 16))
    }

    static [byte[]] BigEndian([uint] $Value) {
        $value4 = [BitConverter]::GetBytes($Value)
        [Array]::Reverse($value4)
        return $value4
    }

    static [byte[]] BigEndian8([long] $Value) {
        $value8 = [BitConverter]::GetBytes($Value)
        [Array]::Reverse($value8)
        return $value8
    }

    [ImageBytes] WithId([string] $Name) { return $this.PutFooter(68, [ImageBytes]::Id($Name)) }

    # A field of the footer at the end, of its copy at the front, or of both.
    [ImageBytes] PutEnd([int] $At, [byte[]] $Value) {
        return $this.Poke($this.FooterOffset + $At, $Value).Seal($this.FooterOffset, 512, 64)
    }

    [ImageBytes] PutEndUnsealed([int] $At, [byte[]] $Value) { return $this.Poke($this.FooterOffset + $At, $Value) }

    [ImageBytes] PutFront([int] $At, [byte[]] $Value) { return $this.Poke($At, $Value).Seal(0, 512, 64) }

    [ImageBytes] PutFrontUnsealed([int] $At, [byte[]] $Value) { return $this.Poke($At, $Value) }

    [ImageBytes] PutFooter([int] $At, [byte[]] $Value) {
        $null = $this.PutEnd($At, $Value)
        return $this.IsFixed ? $this : $this.PutFront($At, $Value)
    }

    [ImageBytes] PutFooterUnsealed([int] $At, [byte[]] $Value) { return $this.PutEndUnsealed($At, $Value).PutFrontUnsealed($At, $Value) }

    [ImageBytes] PutHeader([int] $At, [byte[]] $Value) { return $this.Poke(512 + $At, $Value).Seal(512, 1024, 36) }

    [ImageBytes] PutHeaderUnsealed([int] $At, [byte[]] $Value) { return $this.Poke(512 + $At, $Value) }

    # A table entry, in sectors of the file.
    [ImageBytes] PutEntry([int] $Block, [uint] $FileSector) { return $this.Poke(1536 + $Block * 4, [ImageBytes]::BigEndian($FileSector)) }

    [uint] GetEntry([int] $Block) {
        $entry = $this.Bytes.GetRange(1536 + $Block * 4, 4)
        $entry.Reverse()
        return [BitConverter]::ToUInt32($entry.ToArray(), 0)
    }

    # Puts a block of one value before the footer and enters it in the table; its bitmap begins with the given bytes, the rest being zero.
    [ImageBytes] AddBlock([int] $Block, [byte] $Fill, [byte[]] $Bitmap) {
        $data = [byte[]]::new(512 + $this.BlockSize)
        $Bitmap.CopyTo($data, 0)
        [Array]::Fill($data, $Fill, 512, $this.BlockSize)
        $at = $this.FooterOffset
        $this.Bytes.InsertRange($at, $data)
        $this.FooterOffset = $at + $data.Length
        return $this.PutEntry($Block, $at / 512)
    }

    [ImageBytes] AddBlock([int] $Block, [byte] $Fill) {
        $ones = [byte[]]::new(512)
        [Array]::Fill($ones, [byte] 255)
        return $this.AddBlock($Block, $Fill, $ones)
    }

    [ImageBytes] Append([int] $ZeroCount) {
        $this.Bytes.AddRange([byte[]]::new($ZeroCount))
        return $this
    }

    [ImageBytes] CutEnd([int] $Count) { return $this.Cut($this.Bytes.Count - $Count, $Count) }

    [ImageBytes] Cut([int] $FileOffset, [int] $Count) {
        $this.Bytes.RemoveRange($FileOffset, $Count)
        return $this
    }

    [ImageBytes] Fill([int] $FileOffset, [int] $Count, [byte] $Value) {
        $data = [byte[]]::new($Count)
        [Array]::Fill($data, $Value)
        return $this.Poke($FileOffset, $data)
    }

    [ImageBytes] Poke([int] $FileOffset, [byte[]] $Data) {
        for ($i = 0; $i -lt $Data.Length; $i++) { $this.Bytes[$FileOffset + $i] = $Data[$i] }
        return $this
    }

    # Writes the file below the session's location.
    [void] Save([string] $Name) {
        [IO.File]::WriteAllBytes([IO.Path]::Combine((Get-Location).ProviderPath, $Name), $this.Bytes.ToArray())
    }

    hidden static [ImageBytes] Sparse([uint] $Type, [int] $Size) {
        $image = [ImageBytes]::new()
        $entries = [int][Math]::Ceiling($Size / 4096)
        $tableSize = [int][Math]::Ceiling($entries * 4 / 512) * 512
        $front = [ImageBytes]::Footer($Type, $Size, 512)
        $image.Bytes.AddRange($front)
        $header = [byte[]]::new(1024)
        [Text.Encoding]::ASCII.GetBytes('cxsparse').CopyTo($header, 0)
        [Array]::Fill($header, [byte] 255, 8, 8)
        [ImageBytes]::BigEndian8(1536).CopyTo($header, 16)
        [ImageBytes]::BigEndian(0x00010000).CopyTo($header, 24)
        [ImageBytes]::BigEndian($entries).CopyTo($header, 28)
        [ImageBytes]::BigEndian(4096).CopyTo($header, 32)
        $image.Bytes.AddRange($header)
        $table = [byte[]]::new($tableSize)
        [Array]::Fill($table, [byte] 255)
        $image.Bytes.AddRange($table)
        $image.FooterOffset = $image.Bytes.Count
        $image.Bytes.AddRange($front)
        return $image.Seal(512, 1024, 36)
    }

    hidden static [byte[]] Footer([uint] $Type, [long] $Size, [long] $DataOffset) {
        $footer = [ImageBytes]::new()
        $footer.Bytes.AddRange([byte[]]::new(512))
        $null = $footer.Poke(0, [Text.Encoding]::ASCII.GetBytes('conectix')).Poke(8, [ImageBytes]::BigEndian(2))
        $null = $footer.Poke(12, [ImageBytes]::BigEndian(0x00010000)).Poke(16, [ImageBytes]::BigEndian8($DataOffset))
        $null = $footer.Poke(24, [ImageBytes]::BigEndian(0x2EC79B96)).Poke(28, [Text.Encoding]::ASCII.GetBytes('win '))
        $null = $footer.Poke(32, [ImageBytes]::BigEndian(0x000A0000)).Poke(36, [Text.Encoding]::ASCII.GetBytes('Wi2k'))
        $null = $footer.Poke(40, [ImageBytes]::BigEndian8($Size)).Poke(48, [ImageBytes]::BigEndian8($Size))
        # Cylinders, 4 heads, 17 sectors a track.
        $cylinders = [Math]::Clamp([int][Math]::Floor($Size / 512 / 4 / 17), 1, 65535)
        $null = $footer.Poke(56, @([byte]($cylinders -shr 8), [byte]($cylinders -band 255), [byte] 4, [byte] 17))
        $null = $footer.Poke(60, [ImageBytes]::BigEndian($Type)).Poke(68, [byte[]](0..15 | ForEach-Object { $_ * 17 }))
        return $footer.Seal(0, 512, 64).Bytes.ToArray()
    }

    hidden [ImageBytes] Seal([int] $FileOffset, [int] $Length, [int] $ChecksumAt) {
        $null = $this.Poke($FileOffset + $ChecksumAt, [byte[]]::new(4))
        $sum = 0
        for ($i = $FileOffset; $i -lt $FileOffset + $Length; $i++) { $sum += $this.Bytes[$i] }
        return $this.Poke($FileOffset + $ChecksumAt, [ImageBytes]::BigEndian([uint]::MaxValue - $sum))
    }
}
