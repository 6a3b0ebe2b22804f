namespace VhdPS.Engine.Nbd;

/// <summary>Constants of the NBD protocol (doc/proto.md of NetworkBlockDevice). All integers are big-endian.</summary>
/// <remarks>
/// <code>
/// server                                     client
/// NBDMAGIC IHAVEOPT flags u16          ->
///                                      &lt;-   flags u32
///                                      &lt;-   IHAVEOPT option u32 length u32 data         until EXPORT_NAME or GO
/// magic u64 option u32 type u32
///   length u32 data                    ->   one or more replies to each option
/// - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
///                                      &lt;-   magic u32 flags u16 command u16 cookie u64 offset u64 length u32 [data]
/// magic u32 error u32 cookie u64 [data]  ->  simple reply
/// magic u32 flags u16 type u16
///   cookie u64 length u32 payload      ->    chunk of a structured reply, the last with the flag DONE
/// </code>
/// </remarks>
internal static class NbdSpec
{
    /// <summary>The port that IANA has given to NBD.</summary>
    public const int DefaultPort = 10809;

    /// <summary>"NBDMAGIC": the first bytes of a server.</summary>
    public const ulong ServerMagic = 0x4E42_444D_4147_4943;

    /// <summary>"IHAVEOPT": before the server's flags and before each option.</summary>
    public const ulong OptionMagic = 0x4948_4156_454F_5054;

    /// <summary>Before each reply to an option.</summary>
    public const ulong OptionReplyMagic = 0x0003_E889_0455_65A9;

    /// <summary>Before each request.</summary>
    public const uint RequestMagic = 0x2560_9513;

    /// <summary>Before a simple reply.</summary>
    public const uint SimpleReplyMagic = 0x6744_6698;

    /// <summary>Before a chunk of a structured reply.</summary>
    public const uint ChunkMagic = 0x668E_33EF;

    /// <summary>Bytes of an option's header.</summary>
    public const int OptionHeaderSize = 16;

    /// <summary>Bytes of the header of a reply to an option.</summary>
    public const int OptionReplyHeaderSize = 20;

    /// <summary>Bytes of a request's header.</summary>
    public const int RequestHeaderSize = 28;

    /// <summary>Bytes of a simple reply's header.</summary>
    public const int SimpleReplySize = 16;

    /// <summary>Bytes of a chunk's header.</summary>
    public const int ChunkHeaderSize = 20;

    /// <summary>Zeros after the answer to EXPORT_NAME, unless both sides do without.</summary>
    public const int ExportNamePadding = 124;

    /// <summary>The flag of the handshake on both sides: options get replies.</summary>
    public const ushort FixedNewstyle = 1;

    /// <summary>The flag of the handshake on both sides: no zeros after the answer to EXPORT_NAME.</summary>
    public const ushort NoZeroes = 2;

    /// <summary>The flag of the last chunk of a structured reply.</summary>
    public const ushort ChunkDone = 1;

    /// <summary>The bit that the type of an error reply to an option has.</summary>
    public const uint ErrorReplyBit = 0x8000_0000;

    /// <summary>The bit that the type of an error chunk has.</summary>
    public const ushort ErrorChunkBit = 0x8000;

    /// <summary>The most data of one request or reply, in bytes: 32 MiB, what every peer takes without asking.</summary>
    public const int MaxPayload = 32 * 1024 * 1024;

    /// <summary>The most data of one option or of a reply to one, in bytes.</summary>
    public const int MaxOptionLength = 64 * 1024;

    /// <summary>The longest string of the protocol, in bytes.</summary>
    public const int MaxStringLength = 4096;

    /// <summary>The name of the one metadata context that is known.</summary>
    public const string AllocationContext = "base:allocation";

    /// <summary>The bit of <see cref="AllocationContext"/> of what takes no space.</summary>
    public const uint StateHole = 1;

    /// <summary>The bit of <see cref="AllocationContext"/> of what reads as zeros.</summary>
    public const uint StateZero = 2;
}
