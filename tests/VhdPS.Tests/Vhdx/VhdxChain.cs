using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

/// <summary>Differencing images over each other, in files.</summary>
internal static class VhdxChain
{
    /// <summary>A chain of three, of which each child has blocks, sectors and zeros of its own.</summary>
    public static byte[] Write(TempFolder folder, int sectorSize, out string leaf)
    {
        const long size = 12 * MiB;
        byte[] disk = DiskFill.Make(7, size);
        NewVhdx options = VhdxCreatorTests.Options(size) with { BlockSizeBytes = (int)MiB, LogicalSectorSize = sectorSize };
        using (LocalImageFile file = LocalImageFile.CreateNew(folder["0.vhdx"]))
        {
            DiskFill.Write(file, options, disk);
        }

        var random = new Random(sectorSize);
        for (int level = 1; level < 3; level++)
        {
            byte[] parent = (byte[])disk.Clone();
            for (int i = 0; i < 30; i++)
            {
                RandomLog.Noise(random, 4096).CopyTo(disk, random.Next((int)size / 4096) * 4096);
            }

            disk.AsSpan(level * 3 * (int)MiB, (int)MiB).Clear();
            string path = folder[$"{level}.vhdx"];
            NewVhdx child = options with
            {
                VhdType = VhdType.Differencing,
                UniqueId = new Guid(level, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
                ParentLocator = VhdxParentLink.Between(path, folder[$"{level - 1}.vhdx"], options.DataWriteGuid),
            };
            using (LocalImageFile file = LocalImageFile.CreateNew(path))
            {
                DiskFill.WriteChild(file, child, parent, disk);
            }

            options = child;
        }

        leaf = folder["2.vhdx"];
        return disk;
    }
}
