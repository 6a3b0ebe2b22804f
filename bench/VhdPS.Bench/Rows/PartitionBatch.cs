using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class PartitionBatch : EngineRow
{
    private const int ImageCount = 1_000;
    private const int SampleCount = 50;
    private const long DiskBytes = 64 * BenchData.MiB;
    private string[] _paths = [];
    private string[] _rawPaths = [];

    public override string Name => "partition-batch";

    public override string Family => "What is inside, against sfdisk and others";

    public override string Work => "`Get-VpcPartition` of 1,000 dynamic images with a GPT, an ext4 and a FAT32, in one pipeline";

    public override string ShortWork => "Get-VpcPartition, 1,000 images";

    public override string Peer => "`sfdisk --json` of the raw disk, a process a file";

    public override string PeerProgram => "sfdisk";

    public override double Goal => 0.02;

    public override string Note =>
        "sfdisk is run on every 20th file and its time multiplied by 20; it reads the table alone, and ours the file systems too.";

    public override string Obstacle =>
        "The file systems are read, too, with their maps of free space; without any on the disk an image takes about half the time.";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        string folder = data.PathOf("partitions");
        Directory.CreateDirectory(folder);
        string raw = Path.Combine(folder, "disk.raw");
        InsideDisk.Partition(raw, DiskBytes);
        string image = Path.Combine(folder, "disk.vhd");
        InsideDisk.Convert(raw, image);
        byte[] bytes = File.ReadAllBytes(image), rawBytes = File.ReadAllBytes(raw);
        _paths = [.. Enumerable.Range(0, (int)data.Scale(ImageCount)).Select(i => Path.Combine(folder, $"{i}.vhd"))];
        _rawPaths = [.. Enumerable.Range(0, SampleCount).Select(i => Path.Combine(folder, $"{i}.raw"))];
        Array.ForEach(_paths, path => File.WriteAllBytes(path, bytes));
        Array.ForEach(_rawPaths, path => File.WriteAllBytes(path, rawBytes));
    }

    public override TimeSpan RunOurs() => Time(() =>
    {
        int count = Engine.Invoke("Get-VpcPartition", new Dictionary<string, object>(), _paths);
        if (count != 2 * _paths.Length)
        {
            throw new InvalidOperationException($"{Name}: {count} partitions in {_paths.Length} images of two.");
        }
    });

    public override TimeSpan RunPeer()
    {
        TimeSpan sample = TimeSpan.Zero;
        foreach (string path in _rawPaths)
        {
            sample += PeerProcess.Time(PeerProgram, "--json", path);
        }

        return sample * ((double)_paths.Length / _rawPaths.Length);
    }
}
