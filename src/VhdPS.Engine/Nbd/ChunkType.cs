namespace VhdPS.Engine.Nbd;

/// <summary>What a chunk of a structured reply holds.</summary>
internal enum ChunkType : ushort
{
    None = 0,
    OffsetData = 1,
    OffsetHole = 2,
    BlockStatus = 5,
    Error = NbdSpec.ErrorChunkBit + 1,
    ErrorOffset = NbdSpec.ErrorChunkBit + 2,
}
