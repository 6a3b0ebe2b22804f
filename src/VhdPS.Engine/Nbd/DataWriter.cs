using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Engine.Nbd;

/// <summary>Puts an option's data together.</summary>
internal sealed class DataWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Data => _bytes.WrittenSpan;

    public DataWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(sizeof(ushort)), value);
        _bytes.Advance(sizeof(ushort));
        return this;
    }

    public DataWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
        return this;
    }

    public DataWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.GetSpan(sizeof(ulong)), value);
        _bytes.Advance(sizeof(ulong));
        return this;
    }

    /// <summary>The bytes of a text, without their length.</summary>
    public DataWriter Text(string text)
    {
        Encoding.UTF8.GetBytes(text, _bytes);
        return this;
    }

    /// <summary>The length of a text in bytes, then the bytes.</summary>
    public DataWriter String(string text) => UInt32((uint)Encoding.UTF8.GetByteCount(text)).Text(text);
}
