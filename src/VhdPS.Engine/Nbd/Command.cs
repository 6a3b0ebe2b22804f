namespace VhdPS.Engine.Nbd;

/// <summary>What a request asks for.</summary>
internal enum Command : ushort
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    Trim = 4,
    WriteZeroes = 6,
    BlockStatus = 7,
}
