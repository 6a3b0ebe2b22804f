using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Tests.Crash;

/// <summary>All that makes a file that did not exist, with and without syncs.</summary>
internal static class NewImages
{
    public const int DiskBytes = 2 << 20;

    /// <summary>The files that converted disks are put into.</summary>
    public static readonly IReadOnlyDictionary<string, DiskFormat> Converted = new Dictionary<string, DiskFormat>
    {
        ["dynamic.vhd"] = DiskFormat.Dynamic,
        ["fixed.vhd"] = DiskFormat.Fixed,
        ["disk.raw"] = DiskFormat.Raw,
        ["dynamic.vhdx"] = DiskFormat.Dynamic,
    };

    private static readonly DateTime Time = new(2024, 3, 4, 5, 6, 8, DateTimeKind.Utc);

    public static byte[] Disk()
    {
        byte[] disk = new byte[DiskBytes];
        new Random(20).NextBytes(disk.AsSpan(DiskBytes / 4, DiskBytes / 2));
        return disk;
    }

    public static void Make(string folder, bool sync)
    {
        string At(string name) => Path.Combine(folder, name);

        foreach (VhdType type in new[] { VhdType.Dynamic, VhdType.Fixed })
        {
            ImageCreator.Create(
                At($"new-{type}.vhd"), new NewImage(DiskBytes) { VhdType = type, UniqueId = Guid.NewGuid(), TimeStamp = Time }, sync: sync);
        }

        string parent = At("new-Dynamic.vhd"), parentVhdx = At("new.vhdx");
        ChildCreator.Create(At("child.vhd"), new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = Time }, sync: sync);
        VhdxCreator.Create(parentVhdx, new NewVhdx(DiskBytes) { UniqueId = Guid.NewGuid(), TimeStamp = Time }, sync: sync);
        VhdxCreator.CreateChild(
            At("child.vhdx"), new NewVhdxChild(parentVhdx) { UniqueId = Guid.NewGuid(), TimeStamp = Time }, sync: sync);
        File.WriteAllBytes(At("source.raw"), Disk());
        foreach ((string name, DiskFormat format) in Converted)
        {
            using var operation = ConvertOperation.Begin(new ConvertOptions(At("source.raw"), At(name))
            {
                SourceFormat = SourceFormat.Raw,
                TargetFormat = format,
                TargetImageFormat = name.EndsWith('x') ? VhdFormat.Vhdx : VhdFormat.Vhd,
                Sync = sync,
                Verify = true,
                UniqueId = Guid.NewGuid(),
                TimeStamp = Time,
            });
            operation.Run();
        }
    }
}
