using System.Globalization;

namespace VhdPS.Engine.Nbd.Client;

/// <summary>The first phase of a connection: asks the server for an export.</summary>
internal sealed class Handshake(NbdUri uri, NbdClientOptions options, Stream stream, Func<Stream, Wire> connect)
{
    private const ulong OldstyleMagic = 0x0000_4202_8186_1253;
    private const uint SmallestMaxPayload = 512;
    private const uint LargestMinBlockSize = 64 * 1024;

    private Wire _wire = connect(stream);

    /// <summary>Speaks with the server.</summary>
    /// <returns>The connection, encrypted where the address says so, and what the server has said.</returns>
    /// <exception cref="NbdException">The server is none, refuses, or is not trusted.</exception>
    public (Wire Wire, RemoteExport Export) Run()
    {
        bool hasNoZeroes = Greet();
        if (uri.IsEncrypted)
        {
            Encrypt();
        }

        var export = new RemoteExport { HasStructuredReplies = Ask(OptionCode.StructuredReply, new DataWriter()) };
        if (export.HasStructuredReplies)
        {
            export = SelectAllocation(export);
        }

        export = Go(export) ?? UseByName(export, hasNoZeroes);
        return (_wire, export);
    }

    private bool Greet()
    {
        ulong magic = _wire.ReadUInt64();
        if (magic != NbdSpec.ServerMagic)
        {
            throw _wire.Violation("the first bytes of a server", $"0x{NbdSpec.ServerMagic:X}", magic);
        }

        magic = _wire.ReadUInt64();
        if (magic == OldstyleMagic)
        {
            throw Refused("the server knows the old handshake alone, which is not supported.");
        }

        if (magic != NbdSpec.OptionMagic)
        {
            throw _wire.Violation("the second bytes of a server", $"0x{NbdSpec.OptionMagic:X}", magic);
        }

        ushort flags = _wire.ReadUInt16();
        if ((flags & NbdSpec.FixedNewstyle) == 0)
        {
            throw Refused("the server knows an early form of the handshake alone, which is not supported.");
        }

        _wire.WriteUInt32((uint)(flags & (NbdSpec.FixedNewstyle | NbdSpec.NoZeroes)));
        _wire.Flush();
        return (flags & NbdSpec.NoZeroes) != 0;
    }

    private void Encrypt()
    {
        OptionReply reply = Request(OptionCode.StartTls, new DataWriter());
        if (reply.IsError)
        {
            throw new NbdException(uri.ToString(), NbdFault.EncryptionFailed, $"the server does not encrypt{Said(reply)}.");
        }

        if (!_wire.Received.IsEmpty)
        {
            // What came in plain text must not count as if it had come encrypted.
            throw _wire.Violation("what follows the answer to STARTTLS", "nothing that is not encrypted", "bytes");
        }

        _wire = connect(new TlsClient(uri, options).Authenticate(stream));
    }

    /// <summary>Asks for what a server may refuse.</summary>
    private bool Ask(OptionCode code, DataWriter data)
    {
        OptionReply reply = Request(code, data);
        ThrowIfEncryptionRequired(reply);
        return !reply.IsError;
    }

    private RemoteExport SelectAllocation(RemoteExport export)
    {
        Send(OptionCode.SetMetaContext, new DataWriter().String(uri.ExportName).UInt32(1).String(NbdSpec.AllocationContext));
        while (true)
        {
            OptionReply reply = OptionReply.Read(_wire, OptionCode.SetMetaContext);
            ThrowIfEncryptionRequired(reply);
            if (reply.IsError)
            {
                return export with { AllocationContextId = null };
            }

            if (reply.Type == OptionReplyType.Ack)
            {
                return export;
            }

            var reader = new DataReader(reply.Data);
            if (reply.Type != OptionReplyType.MetaContext || !reader.TryReadUInt32(out uint id)
                || !reader.TryReadString(reader.RestLength, out string? name))
            {
                throw _wire.Violation(
                    "the answer to SET_META_CONTEXT", "a context or the end of them", $"{reply.Type} of {reply.Data.Length} bytes");
            }

            export = name == NbdSpec.AllocationContext ? export with { AllocationContextId = id } : export;
        }
    }

    /// <summary>Asks for the export in the way that has answers; null where the server does not know it.</summary>
    private RemoteExport? Go(RemoteExport export)
    {
        Send(OptionCode.Go, new DataWriter().String(uri.ExportName).UInt16(1).UInt16((ushort)InfoType.BlockSize));
        while (true)
        {
            OptionReply reply = OptionReply.Read(_wire, OptionCode.Go);
            ThrowIfEncryptionRequired(reply);
            switch (reply.Type)
            {
                case OptionReplyType.Unsupported:
                    return null;
                case OptionReplyType.Unknown:
                    throw NotFound();
                case OptionReplyType.Ack when export.SizeBytes >= 0:
                    return export;
                case OptionReplyType.Info:
                    export = Learn(export, reply);
                    break;
                default:
                    throw reply.IsError
                        ? Refused($"the server refuses the export{Said(reply)}.")
                        : _wire.Violation("the answer to GO", "facts about the export and the end of them", $"{reply.Type}");
            }
        }
    }

    private RemoteExport Learn(RemoteExport export, OptionReply reply)
    {
        var reader = new DataReader(reply.Data);
        bool isWhole = reader.TryReadUInt16(out ushort type);
        switch ((InfoType)type)
        {
            case InfoType.Export when isWhole:
                isWhole = reader.TryReadUInt64(out ulong size) & reader.TryReadUInt16(out ushort flags) && reader.RestLength == 0;
                export = export with { SizeBytes = Size(size), Flags = (TransmissionFlags)flags };
                break;
            case InfoType.BlockSize when isWhole:
                isWhole = reader.TryReadUInt32(out uint least) & reader.TryReadUInt32(out _) & reader.TryReadUInt32(out uint most)
                    && reader.RestLength == 0;
                export = isWhole ? WithBlockSizes(export, least, most) : export;
                break;
            default:
                // Other facts do not matter here.
                break;
        }

        return isWhole ? export : throw _wire.Violation("a fact about the export", "a whole one", $"{reply.Data.Length} bytes");
    }

    private RemoteExport WithBlockSizes(RemoteExport export, uint least, uint most)
    {
        if (least is 0 or > LargestMinBlockSize || (least & (least - 1)) != 0)
        {
            throw _wire.Violation("the minimum block size", $"a power of two up to 0x{LargestMinBlockSize:X}", least);
        }

        if (most < Math.Max(least, SmallestMaxPayload))
        {
            throw _wire.Violation("the maximum block size", $"at least 0x{Math.Max(least, SmallestMaxPayload):X}", most);
        }

        most = Math.Min(most, NbdSpec.MaxPayload);
        return export with { MinBlockSize = (int)least, MaxPayload = (int)(most - (most % Math.Max(least, SmallestMaxPayload))) };
    }

    /// <summary>The old way, in which a server that has no such export ends the connection.</summary>
    private RemoteExport UseByName(RemoteExport export, bool hasNoZeroes)
    {
        OptionHeader.Write(_wire, OptionCode.ExportName, new DataWriter().Text(uri.ExportName).Data);
        _wire.Flush();
        try
        {
            export = export with { SizeBytes = Size(_wire.ReadUInt64()), Flags = (TransmissionFlags)_wire.ReadUInt16() };
        }
        catch (NbdException error) when (error.Fault == NbdFault.ConnectionLost)
        {
            throw NotFound();
        }

        if (!hasNoZeroes)
        {
            _wire.Skip(NbdSpec.ExportNamePadding);
        }

        return export;
    }

    private long Size(ulong size) =>
        size <= long.MaxValue ? (long)size : throw _wire.Violation("the size of the export", "less than 2^63", size);

    private OptionReply Request(OptionCode code, DataWriter data)
    {
        Send(code, data);
        OptionReply reply = OptionReply.Read(_wire, code);
        return reply.IsError || reply.Type == OptionReplyType.Ack ? reply
            : throw _wire.Violation($"the answer to {code}", "yes or no", $"{reply.Type}");
    }

    private void Send(OptionCode code, DataWriter data)
    {
        OptionHeader.Write(_wire, code, data.Data);
        _wire.Flush();
    }

    private void ThrowIfEncryptionRequired(OptionReply reply)
    {
        if (reply.Type == OptionReplyType.TlsRequired)
        {
            throw new NbdException(
                uri.ToString(), NbdFault.EncryptionRequired, "the server wants encryption: an address with nbds or nbds+unix asks for it.");
        }
    }

    private NbdException NotFound() => new(
        uri.ToString(),
        NbdFault.ExportNotFound,
        uri.ExportName.Length > 0 ? $"the server has no export \"{uri.ExportName}\"."
            : "the server has no default export; the address has to name one.");

    private NbdException Refused(string message) => new(uri.ToString(), NbdFault.Refused, message);

    /// <summary>What the server said to a refusal, as a part of a sentence.</summary>
    private static string Said(OptionReply reply)
    {
        string said = PeerText.Shorten(reply.Data);
        return said.Length > 0
            ? $", and says: {said}"
            : string.Create(CultureInfo.InvariantCulture, $" (0x{(uint)reply.Type:X})");
    }
}
