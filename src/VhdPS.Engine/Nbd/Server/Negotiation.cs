using System.Net.Security;
using System.Text;

namespace VhdPS.Engine.Nbd.Server;

/// <summary>The first phase of a session: the client's options until it uses an export.</summary>
internal sealed class Negotiation(ServedExports exports, TlsServer? tls, Stream stream, Func<Stream, Wire> connect)
{
    /// <summary>The number that stands for <see cref="NbdSpec.AllocationContext"/> in replies.</summary>
    public const uint AllocationContextId = 1;

    /// <summary>Bytes in which clients should ask, where sectors are not larger.</summary>
    private const int PreferredSize = 4096;

    private Wire _wire = connect(stream);
    private bool _isEncrypted;
    private bool _hasNoZeroes;
    private bool _hasStructuredReplies;
    private string? _allocationExport;

    /// <summary>Speaks with the client.</summary>
    /// <returns>What was agreed on; null where the client left.</returns>
    /// <exception cref="NbdException">The connection is lost, or cannot go on.</exception>
    public NegotiatedExport? Run()
    {
        _wire.WriteUInt64(NbdSpec.ServerMagic);
        _wire.WriteUInt64(NbdSpec.OptionMagic);
        _wire.WriteUInt16(NbdSpec.FixedNewstyle | NbdSpec.NoZeroes);
        _wire.Flush();
        uint flags = _wire.ReadUInt32();
        if ((flags & ~(uint)(NbdSpec.FixedNewstyle | NbdSpec.NoZeroes)) != 0)
        {
            throw _wire.Violation("the client's flags", "0x0 to 0x3", flags);
        }

        _hasNoZeroes = (flags & NbdSpec.NoZeroes) != 0;
        while (_wire.WaitForInput())
        {
            OptionHeader option = OptionHeader.Read(_wire);
            if (option.Length > NbdSpec.MaxOptionLength)
            {
                _wire.Skip(option.Length);
                Refuse(option.Code, OptionReplyType.TooBig, $"an option has at most {NbdSpec.MaxOptionLength} bytes");
                _wire.Flush();
                continue;
            }

            byte[] data = new byte[option.Length];
            _wire.Read(data);
            NegotiatedExport? agreed = Answer(option.Code, data, out bool isOver);
            _wire.Flush();
            if (isOver)
            {
                return agreed;
            }
        }

        return null;
    }

    private NegotiatedExport? Answer(OptionCode code, byte[] data, out bool isOver)
    {
        isOver = false;
        if (tls is not null && !_isEncrypted && code is not (OptionCode.StartTls or OptionCode.Abort))
        {
            if (code == OptionCode.ExportName)
            {
                throw new NbdException(_wire.Uri, NbdFault.EncryptionRequired, "a client asked for an export without encryption.");
            }

            Refuse(code, OptionReplyType.TlsRequired, "encryption comes first");
            return null;
        }

        switch (code)
        {
            case OptionCode.ExportName:
                isOver = true;
                return UseByName(data);
            case OptionCode.Abort:
                Acknowledge(code);
                isOver = true;
                return null;
            case OptionCode.List:
                List(data);
                return null;
            case OptionCode.StartTls:
                Encrypt(data);
                return null;
            case OptionCode.Info or OptionCode.Go:
                NbdExport? export = Describe(code, data);
                isOver = export is not null && code == OptionCode.Go;
                return isOver ? Agree(export!) : null;
            case OptionCode.StructuredReply:
                AllowStructuredReplies(data);
                return null;
            case OptionCode.ListMetaContext or OptionCode.SetMetaContext:
                SelectContexts(code, data);
                return null;
            default:
                Refuse(code, OptionReplyType.Unsupported, "the option is not known");
                return null;
        }
    }

    private NegotiatedExport Agree(NbdExport export) =>
        new(_wire, export, _hasStructuredReplies, _hasStructuredReplies && _allocationExport == export.Name);

    /// <summary>The old way, in which a client that names nothing that is there cannot be answered.</summary>
    private NegotiatedExport UseByName(byte[] data)
    {
        var reader = new DataReader(data);
        if (!reader.TryReadString(data.Length, out string? name) || exports.Find(name) is not { } export)
        {
            throw new NbdException(_wire.Uri, NbdFault.ExportNotFound, "a client asked for an export that is not there.");
        }

        _wire.WriteUInt64((ulong)export.SizeBytes);
        _wire.WriteUInt16((ushort)FlagsOf(export));
        if (!_hasNoZeroes)
        {
            Span<byte> padding = _wire.Reserve(NbdSpec.ExportNamePadding);
            padding.Clear();
            _wire.Commit(padding.Length);
        }

        return Agree(export);
    }

    private void List(byte[] data)
    {
        if (data.Length > 0)
        {
            Refuse(OptionCode.List, OptionReplyType.Invalid, "LIST has no data");
            return;
        }

        foreach (NbdExport export in exports.All)
        {
            Reply(OptionCode.List, OptionReplyType.Server, new DataWriter().String(export.Name));
        }

        Acknowledge(OptionCode.List);
    }

    private void Encrypt(byte[] data)
    {
        if (tls is null)
        {
            Refuse(OptionCode.StartTls, OptionReplyType.Unsupported, "this server does not encrypt");
        }
        else if (data.Length > 0 || _isEncrypted)
        {
            Refuse(OptionCode.StartTls, OptionReplyType.Invalid, "STARTTLS has no data and comes once");
        }
        else if (!_wire.Received.IsEmpty)
        {
            // What came in plain text must not count as if it had come encrypted.
            throw _wire.Violation("what follows STARTTLS", "nothing before the answer", "bytes");
        }
        else
        {
            Acknowledge(OptionCode.StartTls);
            _wire.Flush();
            SslStream encrypted = tls.Authenticate(stream, _wire.Uri);
            _wire = connect(encrypted);
            _isEncrypted = true;
            _hasStructuredReplies = false;
            _allocationExport = null;
        }
    }

    private NbdExport? Describe(OptionCode code, byte[] data)
    {
        var reader = new DataReader(data);
        if (!reader.TryReadString(out string? name) || !reader.TryReadUInt16(out ushort wishCount)
            || reader.RestLength != wishCount * sizeof(ushort))
        {
            Refuse(code, OptionReplyType.Invalid, "the lengths in the option do not fit it");
            return null;
        }

        if (exports.Find(name) is not { } export)
        {
            Refuse(code, OptionReplyType.Unknown, "there is no export of that name");
            return null;
        }

        Reply(code, OptionReplyType.Info, new DataWriter().UInt16((ushort)InfoType.Export).UInt64((ulong)export.SizeBytes).UInt16(
            (ushort)FlagsOf(export)));
        Reply(code, OptionReplyType.Info, new DataWriter().UInt16((ushort)InfoType.BlockSize)
            .UInt32(1).UInt32((uint)Math.Max(PreferredSize, export.Disk.SectorSize)).UInt32(NbdSpec.MaxPayload));
        while (reader.TryReadUInt16(out ushort wish))
        {
            if (wish == (ushort)InfoType.Name)
            {
                Reply(code, OptionReplyType.Info, new DataWriter().UInt16(wish).Text(export.Name));
            }
        }

        Acknowledge(code);
        return export;
    }

    private void AllowStructuredReplies(byte[] data)
    {
        if (data.Length > 0)
        {
            Refuse(OptionCode.StructuredReply, OptionReplyType.Invalid, "STRUCTURED_REPLY has no data");
            return;
        }

        _hasStructuredReplies = true;
        Acknowledge(OptionCode.StructuredReply);
    }

    private void SelectContexts(OptionCode code, byte[] data)
    {
        bool isSet = code == OptionCode.SetMetaContext;
        if (isSet)
        {
            // What was set before is gone, whatever comes of this.
            _allocationExport = null;
        }

        var reader = new DataReader(data);
        if (!_hasStructuredReplies || !reader.TryReadString(out string? name) || !reader.TryReadUInt32(out uint queryCount))
        {
            Refuse(code, OptionReplyType.Invalid, "the lengths in the option do not fit it, or structured replies were not asked for");
            return;
        }

        if (exports.Find(name) is not { } export)
        {
            Refuse(code, OptionReplyType.Unknown, "there is no export of that name");
            return;
        }

        bool isWanted = !isSet && queryCount == 0;
        for (uint i = 0; i < queryCount; i++)
        {
            if (!reader.TryReadString(out string? query))
            {
                Refuse(code, OptionReplyType.Invalid, "the lengths in the option do not fit it");
                return;
            }

            isWanted |= query == NbdSpec.AllocationContext || (!isSet && query == "base:");
        }

        if (reader.RestLength != 0)
        {
            Refuse(code, OptionReplyType.Invalid, "the lengths in the option do not fit it");
            return;
        }

        if (isWanted)
        {
            _allocationExport = isSet ? export.Name : _allocationExport;
            Reply(code, OptionReplyType.MetaContext, new DataWriter().UInt32(AllocationContextId).Text(NbdSpec.AllocationContext));
        }

        Acknowledge(code);
    }

    private TransmissionFlags FlagsOf(NbdExport export) =>
        export.Flags | (_hasStructuredReplies ? TransmissionFlags.SendDontFragment : TransmissionFlags.None);

    private void Acknowledge(OptionCode code) => OptionReply.Write(_wire, code, OptionReplyType.Ack, []);

    private void Reply(OptionCode code, OptionReplyType type, DataWriter data) => OptionReply.Write(_wire, code, type, data.Data);

    private void Refuse(OptionCode code, OptionReplyType type, string why) =>
        OptionReply.Write(_wire, code, type, Encoding.UTF8.GetBytes(why));
}
