using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Rows;

/// <summary>All that is measured, in the order of the page.</summary>
internal static class RowCatalog
{
    public static IReadOnlyList<Row> Rows { get; } =
    [
        new SequentialRead(),
        new SequentialWrite(),
        new RandomRead(),
        new FirstWrites(),
        new WriteOrder(isPeerSynced: false, goal: 1.3),
        new WriteOrder(isPeerSynced: true, goal: 1.3),
        new ChainBlockRead(),
        new ChainScatteredRead(),
        new ChildRandomWrite(),
        new QemuSequentialRead(),
        new QemuRandomRead(),
        new QemuRandomWrite(),
        new QemuFirstWrites(),
        new QemuFirstWritesUnsynced(),
        new QemuFirstWritesFlushed(),
        new RawToDynamic(DiskFill.Scattered, DiskPeer.QemuImg, goal: 0.60),
        new RawToDynamic(DiskFill.Scattered, DiskPeer.PlainTool, goal: 0.65),
        new RawToDynamic(DiskFill.Full, DiskPeer.QemuImg, goal: 0.65),
        new RawToDynamic(DiskFill.Full, DiskPeer.PlainTool, goal: 1.05),
        new RawToDynamic(DiskFill.Scattered, DiskPeer.QemuImg, goal: 0.75, isSynced: true),
        new RawToDynamic(DiskFill.Scattered, DiskPeer.PlainTool, goal: 0.85, isSynced: true),
        new DynamicToRaw(DiskPeer.QemuImg, goal: 0.80),
        new DynamicToRaw(DiskPeer.PlainTool, goal: 1.05),
        new DynamicToRaw(DiskPeer.PlainTool, goal: 1.00, isSynced: true),
        new DynamicToDynamic(DiskPeer.QemuImg, goal: 0.70),
        new DynamicToDynamic(DiskPeer.PlainTool, goal: 0.90),
        new VhdxConversion(DiskFormat.Dynamic, DiskFill.Scattered, goal: 0.60),
        new VhdxConversion(DiskFormat.Dynamic, DiskFill.Full, goal: 0.60),
        new VhdxConversion(DiskFormat.Raw, DiskFill.Scattered, goal: 0.60),
        new VhdxConversion(DiskFormat.Raw, DiskFill.Full, goal: 0.60),
        new CompareDisks(DiskFill.Scattered, DiskPeer.QemuImg, goal: 0.55),
        new CompareDisks(DiskFill.Scattered, DiskPeer.PlainTool, goal: 0.25),
        new CompareDisks(DiskFill.Full, DiskPeer.QemuImg, goal: 0.60),
        new CompareDisks(DiskFill.Full, DiskPeer.PlainTool, goal: 0.25),
        new HashDisk(DiskFill.Full, goal: 1.05),
        new HashDisk(DiskFill.Scattered, goal: 1.05),
        new HashDisk(DiskFill.Full, goal: 1.05, isVhdx: true),
        new HashDisk(DiskFill.Scattered, goal: 1.05, isVhdx: true),
        new HashManifest(goal: 1.05 / 4),
        new CreateImage(),
        new OpenImage(),
        new ShowImage(),
        new ShowVhdx(),
        new MapBlocks(),
        new ChainFolder(),
        new ChecksumBatch(),
        new CheckFullTable(),
        new CheckBatch(),
        new PartitionBatch(),
        new FreeSpaceScan(
            "ext4", "mke2fs", ["-q", "-F", "-t", "ext4", "-O", "^uninit_bg,^metadata_csum", "-i", "16777216"], "dumpe2fs"),
        new FreeSpaceScan("NTFS", "mkfs.ntfs", ["-q", "-Q", "-F"], "ntfsinfo", "-m"),
        new ModuleImport(),
        new NbdSequentialRead(),
        new NbdSequentialWrite(),
        new NbdRandomRead(),
        new FromQemuNbd(),
    ];

    /// <summary>What is measured for its memory alone.</summary>
    public static IReadOnlyList<MemoryWork> MemoryWorks { get; } =
    [
        new FullTableMemory("Get-VpcBlock $path", VhdSpec.MaxSize, 64 * BenchData.MiB),
        new FullTableMemory("Convert-VpcImage $path $target", VhdSpec.MaxSize, 64 * BenchData.MiB),
        new FullTableMemory("Compare-VpcImage $path $path", VhdSpec.MaxSize, 64 * BenchData.MiB),
        new FullTableMemory("Get-VpcHash $path -BlockManifest", VhdSpec.MaxSize, 64 * BenchData.MiB),
        new FullTableMemory("Optimize-VpcImage $path", VhdSpec.MaxSize, 96 * BenchData.MiB),
        new FullTableMemory("Optimize-VpcImage $path -InPlace", VhdSpec.MaxSize, 96 * BenchData.MiB),
        new FullTableMemory("Resize-VpcImage $path 2040GB", VhdSpec.MaxSize - BenchData.GiB, 96 * BenchData.MiB),
    ];
}
