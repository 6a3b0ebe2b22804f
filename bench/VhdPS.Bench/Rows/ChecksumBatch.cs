using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class ChecksumBatch : EngineRow
{
    private const int ImageCount = 10_000;
    private const int SampleCount = 50;
    private string[] _paths = [];

    public override string Name => "checksum-batch";

    public override string Work => "`Test-VpcChecksum` of 10,000 small images in one pipeline";

    public override string ShortWork => "Test-VpcChecksum, 10,000 images";

    public override string Peer => "`qemu-img info`, a process a file";

    public override double Goal => 0.01;

    public override string Note => "qemu-img is run on every 200th file and its time multiplied by 200.";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        string folder = data.PathOf("batch");
        Directory.CreateDirectory(folder);
        byte[] image = File.ReadAllBytes(data.DynamicEmpty(64 * BenchData.MiB));
        _paths = [.. Enumerable.Range(0, (int)data.Scale(ImageCount)).Select(i => Path.Combine(folder, $"{i}.vhd"))];
        foreach (string path in _paths)
        {
            File.WriteAllBytes(path, image);
        }
    }

    public override TimeSpan RunOurs() => Time(() =>
    {
        int count = Engine.Invoke("Test-VpcChecksum", new Dictionary<string, object>(), _paths);
        if (count != _paths.Length)
        {
            throw new InvalidOperationException($"{Name}: {count} results for {_paths.Length} images.");
        }
    });

    public override TimeSpan RunPeer()
    {
        int every = _paths.Length / SampleCount;
        TimeSpan sample = TimeSpan.Zero;
        for (int i = 0; i < _paths.Length; i += every)
        {
            sample += PeerProcess.Time("qemu-img", "info", "-f", "vpc", _paths[i]);
        }

        return sample * every;
    }
}
