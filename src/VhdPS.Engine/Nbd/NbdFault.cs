namespace VhdPS.Engine.Nbd;

/// <summary>Why a disk could not be served or taken over NBD.</summary>
public enum NbdFault
{
    /// <summary>The address is no NBD URI.</summary>
    InvalidUri,

    /// <summary>No server answers at the address.</summary>
    Unreachable,

    /// <summary>The server has no export of that name.</summary>
    ExportNotFound,

    /// <summary>The server refuses, or cannot do, what is needed.</summary>
    Refused,

    /// <summary>The server speaks only after encryption has begun.</summary>
    EncryptionRequired,

    /// <summary>Encryption was asked for and the server offers none, or the two could not agree on it.</summary>
    EncryptionFailed,

    /// <summary>The peer's certificate is not trusted or names another host.</summary>
    CertificateNotTrusted,

    /// <summary>The peer sent something that the protocol does not allow.</summary>
    ProtocolViolation,

    /// <summary>The connection ended in the middle of something.</summary>
    ConnectionLost,

    /// <summary>The peer did not answer in time.</summary>
    TimedOut,

    /// <summary>The server could not do what it was asked for, and said so.</summary>
    RequestFailed,

    /// <summary>The export is not what it was when the connection was first made.</summary>
    ExportChanged,

    /// <summary>The address that was to be listened at cannot be: it is taken, too long, or not this machine's.</summary>
    AddressUnavailable,
}
