using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

internal sealed class ChainFolder : EngineRow
{
    private const int ChainCount = 250;
    private const int Depth = 4;
    private const int SampleCount = 50;
    private string _folder = string.Empty;
    private string[] _paths = [];

    public override string Name => "chain-folder";

    public override string Work => "`Get-VpcChain` of a folder of 1,000 images in 250 chains of four";

    public override string ShortWork => "Get-VpcChain, 1,000 images";

    public override string Peer => "`qemu-img info`, a process a file";

    public override double Goal => 1 / 50.0;

    public override string Note => "qemu-img is run on every 20th file and its time multiplied by 20.";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _folder = data.PathOf("chains");
        Directory.CreateDirectory(_folder);
        for (int chain = 0; chain < (int)data.Scale(ChainCount); chain++)
        {
            MakeChain(chain);
        }

        _paths = Directory.GetFiles(_folder);
    }

    public override TimeSpan RunOurs() => Time(() =>
    {
        int count = Engine.Invoke("Get-VpcChain", new Dictionary<string, object> { ["LiteralPath"] = _folder });
        if (count != _paths.Length)
        {
            throw new InvalidOperationException($"{Name}: {count} results for {_paths.Length} images.");
        }
    });

    public override TimeSpan RunPeer()
    {
        int every = Math.Max(1, _paths.Length / SampleCount);
        TimeSpan sample = TimeSpan.Zero;
        int count = 0;
        for (int i = 0; i < _paths.Length; i += every, count++)
        {
            sample += PeerProcess.Time("qemu-img", "info", "-f", "vpc", _paths[i]);
        }

        return sample * _paths.Length / count;
    }

    private void MakeChain(int chain)
    {
        string path = Path.Combine(_folder, $"{chain}-1.vhd");
        ImageCreator.Create(path, new NewImage(64 * BenchData.MiB) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        for (int depth = 2; depth <= Depth; depth++)
        {
            string child = Path.Combine(_folder, $"{chain}-{depth}.vhd");
            ChildCreator.Create(child, new NewChild(path) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
            path = child;
        }
    }
}
