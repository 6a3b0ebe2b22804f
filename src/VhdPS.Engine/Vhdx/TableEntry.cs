namespace VhdPS.Engine.Vhdx;

/// <summary>What an entry of the block allocation table says about a payload block.</summary>
internal enum PayloadState
{
    /// <summary>Never written: the parent's, or zeros where there is no parent.</summary>
    NotPresent = 0,

    /// <summary>Anything may be read; here zeros.</summary>
    Undefined = 1,

    /// <summary>Zeros.</summary>
    Zero = 2,

    /// <summary>Given up by the disk's user: zeros, never the parent's.</summary>
    Unmapped = 3,

    /// <summary>Not in use.</summary>
    Reserved4 = 4,

    /// <summary>What a draft of the format called unmapped.</summary>
    DraftUnmapped = 5,

    /// <summary>All of the block is in the file.</summary>
    FullyPresent = 6,

    /// <summary>Sectors whose bits in the chunk's bitmap block are set are in the file; the others are the parent's.</summary>
    PartiallyPresent = 7,
}

/// <summary>An entry of the block allocation table. Source: MS-VHDX, "BAT".</summary>
/// <param name="Value">As stored: the state in bits 0 to 2, the place in MiB in bits 20 to 63, the others reserved.</param>
internal readonly record struct TableEntry(ulong Value)
{
    private const ulong StateBits = 0x7;
    private const ulong ReservedBits = 0xFFFF8;
    private const int OffsetShift = 20;

    /// <summary>The state, of a payload block.</summary>
    public PayloadState State => (PayloadState)(Value & StateBits);

    /// <summary>The place in the file, in MiB from its start: at most 2^44 - 1.</summary>
    public long FileMebibyte => (long)(Value >> OffsetShift);

    /// <summary>Whether the entry names a place in the file.</summary>
    public bool IsInFile => State is PayloadState.FullyPresent or PayloadState.PartiallyPresent;

    /// <summary>Whether the reserved bits are zero.</summary>
    public bool IsReservedZero => (Value & ReservedBits) == 0;

    /// <summary>An entry for a block in the file.</summary>
    /// <param name="state">The state.</param>
    /// <param name="fileOffset">Bytes from the start of the file, whole MiB; 0 where the state names no place.</param>
    public static TableEntry Create(PayloadState state, long fileOffset) => new((ulong)fileOffset | (ulong)state);

    /// <summary>The place in the file in bytes; false where no file reaches so far.</summary>
    public bool TryGetFileOffset(out long fileOffset)
    {
        bool isPossible = FileMebibyte <= VhdxSpec.MaxFileOffset >> OffsetShift;
        fileOffset = isPossible ? FileMebibyte << OffsetShift : VhdxSpec.MaxFileOffset;
        return isPossible;
    }
}
