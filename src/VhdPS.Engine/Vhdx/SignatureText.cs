using System.Text;

namespace VhdPS.Engine.Vhdx;

/// <summary>Shows what is where a signature should be.</summary>
internal static class SignatureText
{
    /// <summary>The characters where all can be shown, else the bytes in hexadecimal.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? "0x" + Convert.ToHexString(bytes) : Encoding.ASCII.GetString(bytes);
}
