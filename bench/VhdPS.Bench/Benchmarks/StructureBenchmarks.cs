using BenchmarkDotNet.Attributes;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Benchmarks;

/// <summary>The codecs that every open and every batch goes through.</summary>
[MemoryDiagnoser]
public class StructureBenchmarks
{
    private const int BlockCount = 1024 * 1020;
    private readonly byte[] _footer = new byte[VhdSpec.FooterSize];
    private readonly byte[] _bitmap = new byte[VhdSpec.SectorSize];
    private readonly BlockAllocationTable _table = BlockAllocationTable.CreateUnused(BlockCount);

    [GlobalSetup]
    public void Setup()
    {
        new Random(1).NextBytes(_footer);
        SectorBitmap.SetRange(_bitmap, 0, VhdSpec.SectorSize * 8);
    }

    [Benchmark]
    public uint FooterChecksum() => HardDiskFooter.Parse(_footer).ComputedChecksum;

    [Benchmark]
    public int FullBitmapRun() => SectorBitmap.RunLength(_bitmap, 1, 4000, out _);

    [Benchmark]
    public int CountAllocated() => _table.CountAllocated();
}
