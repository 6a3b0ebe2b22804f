using System.Security.Cryptography;
using System.Text;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Chains;

/// <summary>Hand-made images that name each other.</summary>
internal static class ChainBytes
{
    public const uint W2ru = 0x57327275;
    public const uint W2ku = 0x57326B75;
    public const uint MacX = 0x4D616358;
    public const uint Wi2r = 0x57693272;

    /// <summary>The id that stands for a name.</summary>
    public static Guid Id(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16), bigEndian: true);

    /// <summary>Gives an image the id that stands for a name.</summary>
    public static ImageBytes WithId(this ImageBytes image, string name) => image.PutFooter(68, Id(name).ToByteArray(bigEndian: true));

    /// <summary>A child with no block that stores its parent's id and Unicode name.</summary>
    public static ImageBytes Child(long size, string id, string parentId, string parentName) =>
        ImageBytes.Differencing(size, 4096, parentName)
        .WithId(id).PutHeader(40, Id(parentId).ToByteArray(bigEndian: true));

    /// <summary>Puts a locator and its text, which gets whole sectors before the footer.</summary>
    public static ImageBytes AddLocator(this ImageBytes image, int index, uint code, string path, uint? space = null, uint? length = null)
    {
        byte[] text = code == MacX ? Encoding.UTF8.GetBytes(path) : Encoding.Unicode.GetBytes(path);
        byte[] sectors = new byte[(text.Length + 511) / 512 * 512];
        text.CopyTo(sectors, 0);
        int at = image.Insert(sectors);
        return image.PutLocator(index, code, space ?? (uint)sectors.Length, length ?? (uint)text.Length, (ulong)at);
    }
}
