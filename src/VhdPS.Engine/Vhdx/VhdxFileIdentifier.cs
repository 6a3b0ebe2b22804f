using System.Text;

namespace VhdPS.Engine.Vhdx;

/// <summary>The first bytes of the file: the signature and who made it. Source: MS-VHDX, "File Type Identifier".</summary>
internal sealed class VhdxFileIdentifier
{
    private const int CreatorAt = 8;
    private const int CreatorLength = VhdxSpec.FileIdentifierSize - CreatorAt;

    private readonly byte[] _bytes;

    private VhdxFileIdentifier(byte[] bytes) => _bytes = bytes;

    /// <summary>The 520 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether the file begins with "vhdxfile".</summary>
    public bool HasSignature => IsVhdx(_bytes);

    /// <summary>The program that made the file, up to the first NUL; at most 256 UTF-16 units. Untrusted.</summary>
    public string Creator
    {
        get
        {
            string text = Encoding.Unicode.GetString(_bytes, CreatorAt, CreatorLength);
            int end = text.IndexOf('\0', StringComparison.Ordinal);
            return end < 0 ? text : text[..end];
        }
    }

    /// <summary>Whether a file that begins with <paramref name="start"/> is a VHDX file.</summary>
    public static bool IsVhdx(ReadOnlySpan<byte> start) => start.StartsWith(VhdxSpec.FileSignature);

    /// <summary>Takes 520 bytes as they are; no value is judged.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public static VhdxFileIdentifier Parse(ReadOnlySpan<byte> source) => source.Length == VhdxSpec.FileIdentifierSize
        ? new VhdxFileIdentifier(source.ToArray())
        : throw new ArgumentException("A file identifier has 520 bytes.", nameof(source));

    /// <summary>An identifier that names its maker.</summary>
    /// <param name="creator">At most 255 UTF-16 units.</param>
    public static VhdxFileIdentifier Create(string creator)
    {
        byte[] bytes = new byte[VhdxSpec.FileIdentifierSize];
        VhdxSpec.FileSignature.CopyTo(bytes);
        Encoding.Unicode.GetBytes(creator, bytes.AsSpan(CreatorAt, CreatorLength - sizeof(char)));
        return new VhdxFileIdentifier(bytes);
    }
}
