using System.Text;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Format;
using VhdPS.Tests.Operations.Repair;

namespace VhdPS.Tests.Hostile;

/// <summary>Small images of every kind, sound and damaged, from which hostile files are made.</summary>
internal static class HostileCorpus
{
    /// <summary>The images; the same on every run.</summary>
    public static readonly byte[][] Images = [.. Make()];

    private static IEnumerable<byte[]> Make()
    {
        yield return ImageBytes.Fixed(8192).Bytes;
        yield return ImageBytes.Fixed(8192).CutEnd(1).Bytes;
        yield return ImageBytes.Dynamic().Bytes;
        yield return ImageBytes.Dynamic().AddBlock(1, 1).AddBlock(0, 2, [0xAA]).Bytes;
        yield return ImageBytes.Dynamic(300 * 512, 512).AddBlock(299, 3).AddBlock(0, 2).Bytes;
        yield return ImageBytes.Dynamic(65536, 16384, headerOffset: 2048, tableOffset: 512).AddBlock(2, 9).Bytes;
        yield return Child();
        foreach (DamagedImage damaged in DamagedImages.All())
        {
            yield return damaged.Bytes;
        }

        var random = new Random(2);
        for (int i = 0; i < 24; i++)
        {
            yield return CrashImages.Make(random).Bytes;
        }
    }

    private static byte[] Child()
    {
        ImageBytes image = ImageBytes.Differencing().AddBlock(3, 1, [0x0F]);
        byte[] path = new byte[512];
        Encoding.Unicode.GetBytes(".\\parent.vhd", path);
        int at = image.Insert(path);
        return image.PutLocator(0, 0x57327275, 512, 24, (ulong)at).PutLocator(1, 0x57326B75, 1, 24, (ulong)at).Bytes;
    }
}
