using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace VhdPS.Engine.Nbd;

/// <summary>Takes an option's data apart; whatever does not fit into it is refused by false.</summary>
internal ref struct DataReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    /// <summary>Bytes that are left.</summary>
    public readonly int RestLength => _rest.Length;

    public bool TryReadUInt16(out ushort value)
    {
        bool isThere = BinaryPrimitives.TryReadUInt16BigEndian(_rest, out value);
        _rest = isThere ? _rest[sizeof(ushort)..] : _rest;
        return isThere;
    }

    public bool TryReadUInt32(out uint value)
    {
        bool isThere = BinaryPrimitives.TryReadUInt32BigEndian(_rest, out value);
        _rest = isThere ? _rest[sizeof(uint)..] : _rest;
        return isThere;
    }

    public bool TryReadUInt64(out ulong value)
    {
        bool isThere = BinaryPrimitives.TryReadUInt64BigEndian(_rest, out value);
        _rest = isThere ? _rest[sizeof(ulong)..] : _rest;
        return isThere;
    }

    /// <summary>Reads a length in 32 bits and a string of so many bytes.</summary>
    public bool TryReadString([NotNullWhen(true)] out string? text)
    {
        text = null;
        return TryReadUInt32(out uint length) && length <= (uint)_rest.Length && TryReadString((int)length, out text);
    }

    /// <summary>Reads a string of <paramref name="length"/> bytes: UTF-8 without NUL, at most <see
    /// cref="NbdSpec.MaxStringLength"/>.</summary>
    public bool TryReadString(int length, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (length > _rest.Length || length > NbdSpec.MaxStringLength)
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = _rest[..length];
        if (bytes.Contains((byte)0) || !Utf8.IsValid(bytes))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(bytes);
        _rest = _rest[length..];
        return true;
    }
}
