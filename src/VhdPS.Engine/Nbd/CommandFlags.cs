namespace VhdPS.Engine.Nbd;

/// <summary>How a request is to be carried out.</summary>
[Flags]
internal enum CommandFlags : ushort
{
    None = 0,

    /// <summary>Answered when it is on the medium.</summary>
    ForceUnitAccess = 1,

    /// <summary>Zeros take space.</summary>
    NoHole = 2,

    /// <summary>One chunk of data at most.</summary>
    DontFragment = 4,

    /// <summary>One extent is enough.</summary>
    RequestOne = 8,
}
