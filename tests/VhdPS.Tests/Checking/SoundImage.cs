using VhdPS.Tests.Format;

namespace VhdPS.Tests.Checking;

/// <summary>Small sound images of each type, and the disk that each holds, for putting one fault at a time into.</summary>
internal static class SoundImage
{
    /// <summary>Virtual size of all of them.</summary>
    public const int Size = 64 * 1024;

    /// <summary>Where the dynamic one's footer is.</summary>
    public const int DynamicFooterOffset = 2048 + (2 * (512 + 4096));

    /// <summary>Fixed: each sector filled with its number.</summary>
    public static ImageBytes Fixed() => ImageBytes.Fixed(Size);

    /// <summary>Dynamic, blocks of 4096 bytes: block 1 (file sector 4) full, block 3 (file sector 13) with half its bits set.</summary>
    public static ImageBytes Dynamic(int headerOffset = 512, int tableOffset = 0) =>
        ImageBytes.Dynamic(Size, 4096, headerOffset, tableOffset).AddBlock(1, 0xA1).AddBlock(3, 0xA3, [0xF0]);

    /// <summary>What <see cref="Fixed"/> holds.</summary>
    public static byte[] FixedContent()
    {
        byte[] content = new byte[Size];
        for (int i = 0; i < Size; i++)
        {
            content[i] = (byte)(i / 512);
        }

        return content;
    }

    /// <summary>What <see cref="Dynamic"/> holds.</summary>
    public static byte[] DynamicContent(bool ignoreBitmap = false)
    {
        byte[] content = new byte[Size];
        content.AsSpan(4096, 4096).Fill(0xA1);
        content.AsSpan(3 * 4096, ignoreBitmap ? 4096 : 2048).Fill(0xA3);
        return content;
    }
}
