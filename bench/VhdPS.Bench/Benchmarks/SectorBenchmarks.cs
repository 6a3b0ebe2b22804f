using BenchmarkDotNet.Attributes;
using Microsoft.Win32.SafeHandles;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Benchmarks;

/// <summary>Reads and writes of a full dynamic image beside the same on a raw file, with the bytes each call allocates.</summary>
[MemoryDiagnoser]
public class SectorBenchmarks : IDisposable
{
    private const long DiskBytes = 256 * BenchData.MiB;
    private readonly byte[] _page = new byte[Stride.RequestBytes];
    private readonly byte[] _chunk = new byte[BenchData.ChunkBytes];
    private readonly Stride _pages = Stride.OverPages(DiskBytes, 0);
    private BenchData? _data;
    private VhdImage? _image;
    private SafeFileHandle? _raw;
    private long _offset;

    [GlobalSetup]
    public void Setup()
    {
        _data = new BenchData(Path.GetTempPath(), isQuick: false);
        _image = VhdImage.Open(_data.Dynamic(DiskFill.Full, DiskBytes), new VhdOpenOptions { ForWriting = true });
        _raw = File.OpenHandle(_data.Raw(DiskFill.Full, DiskBytes), FileMode.Open, FileAccess.ReadWrite);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _image?.Dispose();
        _raw?.Dispose();
        _data?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public int RawRandomRead4K() => RandomAccess.Read(_raw!, _page, NextPage());

    [Benchmark]
    public void RandomRead4K() => _image!.ReadSectors(NextPage() / VhdSpec.SectorSize, _page);

    [Benchmark]
    public void RawRandomWrite4K() => RandomAccess.Write(_raw!, _page, NextPage());

    [Benchmark]
    public void RandomWrite4K() => _image!.WriteSectors(NextPage() / VhdSpec.SectorSize, _page);

    [Benchmark]
    public int RawSequentialRead1M() => RandomAccess.Read(_raw!, _chunk, NextChunk());

    [Benchmark]
    public void SequentialRead1M() => _image!.ReadSectors(NextChunk() / VhdSpec.SectorSize, _chunk);

    [Benchmark]
    public long FindRun() => _image!.Map.Find(NextPage() / VhdSpec.SectorSize, Stride.RequestBytes / VhdSpec.SectorSize).Count;

    private long NextPage() => _offset = _pages.Next(_offset);

    private long NextChunk() => _offset = (_offset + BenchData.ChunkBytes) % DiskBytes;
}
