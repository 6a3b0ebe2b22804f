namespace VhdPS.Engine.Nbd;

/// <summary>What a server answers to an option.</summary>
internal enum OptionReplyType : uint
{
    Ack = 1,
    Server = 2,
    Info = 3,
    MetaContext = 4,
    Unsupported = NbdSpec.ErrorReplyBit + 1,
    Policy = NbdSpec.ErrorReplyBit + 2,
    Invalid = NbdSpec.ErrorReplyBit + 3,
    Platform = NbdSpec.ErrorReplyBit + 4,
    TlsRequired = NbdSpec.ErrorReplyBit + 5,
    Unknown = NbdSpec.ErrorReplyBit + 6,
    Shutdown = NbdSpec.ErrorReplyBit + 7,
    BlockSizeRequired = NbdSpec.ErrorReplyBit + 8,
    TooBig = NbdSpec.ErrorReplyBit + 9,
}
