using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class CheckBatch : EngineRow
{
    private const int ImageCount = 10_000;
    private string[] _paths = [];

    public override string Name => "check-batch";

    public override string Family => "Checks, against reading and sorting";

    public override string Work => "`Test-VpcImage` of 10,000 small images in one pipeline";

    public override string ShortWork => "Test-VpcImage, 10,000 images";

    public override string Peer => "`Test-VpcChecksum` of the same";

    public override string ShortPeer => "Test-VpcChecksum";

    public override string? PeerProgram => null;

    public override double Goal => 3;

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        string folder = data.PathOf("check-batch");
        Directory.CreateDirectory(folder);
        byte[] image = File.ReadAllBytes(data.DynamicEmpty(64 * BenchData.MiB));
        _paths = [.. Enumerable.Range(0, (int)data.Scale(ImageCount)).Select(i => Path.Combine(folder, $"{i}.vhd"))];
        foreach (string path in _paths)
        {
            File.WriteAllBytes(path, image);
        }
    }

    public override TimeSpan RunOurs() => Time(() => Run("Test-VpcImage"));

    public override TimeSpan RunPeer() => Time(() => Run("Test-VpcChecksum"));

    private void Run(string cmdlet)
    {
        int count = Engine.Invoke(cmdlet, new Dictionary<string, object>(), _paths);
        if (count != _paths.Length)
        {
            throw new InvalidOperationException($"{Name}: {count} results for {_paths.Length} images.");
        }
    }
}
