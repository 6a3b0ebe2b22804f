namespace VhdPS.Engine.Nbd;

/// <summary>One reply to an option.</summary>
/// <param name="Code">The option.</param>
/// <param name="Type">What the reply says.</param>
/// <param name="Data">What belongs to it.</param>
internal readonly record struct OptionReply(OptionCode Code, OptionReplyType Type, byte[] Data)
{
    /// <summary>Whether the option was refused.</summary>
    public bool IsError => ((uint)Type & NbdSpec.ErrorReplyBit) != 0;

    /// <summary>Reads the next reply to <paramref name="asked"/>.</summary>
    /// <exception cref="NbdException">It is none, answers another option, or is longer than <see
    /// cref="NbdSpec.MaxOptionLength"/>.</exception>
    public static OptionReply Read(Wire wire, OptionCode asked)
    {
        ulong magic = wire.ReadUInt64();
        if (magic != NbdSpec.OptionReplyMagic)
        {
            throw wire.Violation("the magic of a reply to an option", $"0x{NbdSpec.OptionReplyMagic:X}", magic);
        }

        uint code = wire.ReadUInt32(), type = wire.ReadUInt32(), length = wire.ReadUInt32();
        if (code != (uint)asked)
        {
            throw wire.Violation("the option that a reply answers", $"0x{(uint)asked:X}", code);
        }

        if (length > NbdSpec.MaxOptionLength)
        {
            throw wire.Violation("the length of a reply to an option", $"at most 0x{NbdSpec.MaxOptionLength:X}", length);
        }

        byte[] data = new byte[length];
        wire.Read(data);
        return new OptionReply(asked, (OptionReplyType)type, data);
    }

    /// <summary>Puts a reply among what is to be sent.</summary>
    public static void Write(Wire wire, OptionCode code, OptionReplyType type, ReadOnlySpan<byte> data)
    {
        wire.WriteUInt64(NbdSpec.OptionReplyMagic);
        wire.WriteUInt32((uint)code);
        wire.WriteUInt32((uint)type);
        wire.WriteUInt32((uint)data.Length);
        wire.Write(data);
    }
}
