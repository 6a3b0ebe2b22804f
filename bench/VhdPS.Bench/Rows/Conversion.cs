using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Convert;


namespace VhdPS.Bench.Rows;

/// <summary>A conversion as the cmdlet does it.</summary>
internal static class Conversion
{
    public static void Run(string source, SourceFormat sourceFormat, string target, DiskFormat targetFormat, bool isSynced)
    {
        using var operation = ConvertOperation.Begin(new ConvertOptions(source, target)
        {
            SourceFormat = sourceFormat,
            TargetFormat = targetFormat,
            Sync = isSynced,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        operation.Run();
    }
}
