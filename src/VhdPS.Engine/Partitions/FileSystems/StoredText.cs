using System.Globalization;
using System.Text;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>Labels and ids as file systems store them.</summary>
internal static class StoredText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Text up to the first NUL: UTF-8, or one byte a character where it is not valid UTF-8.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        bytes = end < 0 ? bytes : bytes[..end];
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    /// <summary>Sixteen bytes in network order as a UUID in lower case; empty where all are zeros.</summary>
    public static string Uuid(ReadOnlySpan<byte> bytes)
    {
        var id = new Guid(bytes[..16], bigEndian: true);
        return id == Guid.Empty ? string.Empty : id.ToString();
    }

    /// <summary>A serial number of 32 bits as <c>XXXX-XXXX</c>.</summary>
    public static string Serial(uint value) => string.Create(CultureInfo.InvariantCulture, $"{value >> 16:X4}-{value & 0xFFFF:X4}");
}
