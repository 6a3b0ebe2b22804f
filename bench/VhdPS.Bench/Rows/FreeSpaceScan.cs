using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Partitions;
using VhdPS.Engine.Partitions.FreeSpace;

namespace VhdPS.Bench.Rows;

/// <summary>The free space of a file system of 1 TiB in a dynamic image, to the last range.</summary>
/// <param name="fileSystem">What it is.</param>
/// <param name="maker">The program that makes it.</param>
/// <param name="makerArguments">Its arguments before the path.</param>
/// <param name="peer">A program that reads the same map of the raw disk, and its arguments before the path.</param>
internal sealed class FreeSpaceScan(string fileSystem, string maker, string[] makerArguments, params string[] peer) : Row
{
    private const long DiskBytes = 1024 * BenchData.GiB;
    private const long GoalBytes = 64 * BenchData.MiB;
    private string _image = string.Empty;
    private string _raw = string.Empty;

    public override string Name => $"free-space: {fileSystem}";

    public override string Family => "What is inside, against sfdisk and others";

    public override string Work => $"the free ranges of an {fileSystem} of 1 TiB in a dynamic image";

    public override string ShortWork => $"free space of 1 TiB {fileSystem}";

    public override string Peer => $"`{string.Join(' ', peer)}` of the raw disk";

    public override string PeerProgram => peer[0];

    public override double Goal => 1;

    public override string Note => "Every group's bitmap is on the disk. Whatever the peer takes, the scan is to take less than 2 s.";

    public override void Prepare(BenchData data)
    {
        _raw = data.PathOf($"{fileSystem}.raw");
        _image = data.PathOf($"{fileSystem}.vhd");
        using (FileStream file = File.Create(_raw))
        {
            file.SetLength(DiskBytes);
        }

        PeerProcess.Time(maker, [.. makerArguments, _raw]);
        InsideDisk.Convert(_raw, _image);
    }

    public override TimeSpan RunOurs() => Time(Scan);

    public override TimeSpan RunPeer() => PeerProcess.Time(peer[0], [.. peer[1..], _raw]);

    public override MemoryFigure MeasureMemory() => new("peak resident above the warm process", PeakMemory.Measure(Scan), GoalBytes);

    public override void Dispose()
    {
        File.Delete(_raw);
        File.Delete(_image);
        base.Dispose();
    }

    private void Scan()
    {
        using DiskSource source = DiskSource.Open(_image, SourceFormat.Vhd);
        var map = FreeSpaceMap.Read(new DiskSourceReader(source));
        long free = map.List().Sum(range => range.Length);
        if (free == 0 || free != map.FreeBytes)
        {
            throw new InvalidOperationException($"{Name}: {free} bytes of free ranges: {string.Join("; ", map.Partitions)}");
        }
    }
}
