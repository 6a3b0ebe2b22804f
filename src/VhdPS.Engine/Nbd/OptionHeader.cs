namespace VhdPS.Engine.Nbd;

/// <summary>The header of an option that a client sends.</summary>
/// <param name="Code">What is asked for.</param>
/// <param name="Length">Bytes of data that follow.</param>
internal readonly record struct OptionHeader(OptionCode Code, uint Length)
{
    /// <summary>Reads the next header.</summary>
    /// <exception cref="NbdException">It is no option.</exception>
    public static OptionHeader Read(Wire wire)
    {
        ulong magic = wire.ReadUInt64();
        return magic == NbdSpec.OptionMagic
            ? new OptionHeader((OptionCode)wire.ReadUInt32(), wire.ReadUInt32())
            : throw wire.Violation("the magic of an option", $"0x{NbdSpec.OptionMagic:X}", magic);
    }

    /// <summary>Puts an option with its data among what is to be sent.</summary>
    public static void Write(Wire wire, OptionCode code, ReadOnlySpan<byte> data)
    {
        wire.WriteUInt64(NbdSpec.OptionMagic);
        wire.WriteUInt32((uint)code);
        wire.WriteUInt32((uint)data.Length);
        wire.Write(data);
    }
}
