using VhdPS.Engine.Partitions;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Peers;
using Xunit.Abstractions;

namespace VhdPS.Tests.Partitions;

/// <summary>
/// Mutated tables, boot sectors, superblocks, descriptors and records, the same on every run: typed findings, no hang, bounded memory, and
/// no cluster counts as free that the sound map calls used.
/// </summary>
public sealed class HostileDiskTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Bytes that all of it together may allocate.</summary>
    private const long MaxBytes = 24L * 1024 * 1024;

    /// <summary>Bytes that may be read: the disk a few times over.</summary>
    private const long MaxReadBytes = 400L * 1024 * 1024;

    private static readonly int Disks = LongRun.Count(40_000, 1_000_000);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerFact(
        PeerPrograms.Mke2fs, PeerPrograms.MkNtfs, PeerPrograms.NtfsCp, PeerPrograms.MkFat, PeerPrograms.MCopy, PeerPrograms.MkExFat)]
    public void No_mutation_frees_a_cluster_that_the_sound_map_calls_used()
    {
        HostileSource[] sources = HostileCorpus.Make(_folder);
        var failures = new List<string>();
        var verdicts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (int seed = 0; seed < Disks && failures.Count < 20; seed++)
        {
            var random = new Random(seed);
            HostileSource source = sources[random.Next(sources.Length)];
            var done = new List<string>();
            HostileDisk disk = HostileMutator.Make(source, random, done);
            try
            {
                Exercise(source, disk, verdicts);
            }
            catch (Exception error)
            {
                failures.Add($"seed {seed}, {source.Name}: {string.Join("; ", done)}\n{error}");
            }
        }

        output.WriteLine($"{Disks} disks");
        output.WriteLine(string.Join('\n', verdicts.Select(pair => $"{pair.Key}: {pair.Value}")));
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));

        // What is judged must reach the maps: a corpus of which all is refused at the door proves nothing.
        Assert.All(sources, source => Assert.True(
            verdicts.GetValueOrDefault($"{source.Name} {FreeSpaceVerdict.Known}") > Disks / 500, source.Name));
    }

    private static void Exercise(HostileSource source, HostileDisk disk, SortedDictionary<string, int> verdicts)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        DiskContent content = DiskContent.Read(disk);
        foreach (PartitionFinding finding in content.Findings)
        {
            Assert.NotEmpty(finding.Describe());
        }

        MinimumDiskSize minimum = MinimumDiskSize.Of(content.Table);
        Assert.True(minimum.SizeBytes is null or > 0 && (minimum.SizeBytes ?? 0) <= disk.SizeBytes, minimum.ToString());
        GptMove.Plan(content.Table, disk.SizeBytes);
        GptMove.Plan(content.Table, minimum.SizeBytes ?? (disk.SizeBytes / 2));
        FreeSpaceMap map = FreeSpaceMap.Read(disk);
        long end = 0;
        foreach (FreeRange range in map.List())
        {
            Assert.True(range.Offset >= end && range.Length > 0 && range.End <= disk.SizeBytes, $"{range} after {end}");
            Assert.True(source.IsFree(range), $"{range} is not free in the sound map");
            end = range.End;
        }

        foreach (PartitionFreeSpace partition in map.Partitions)
        {
            string key = $"{source.Name} {partition.Verdict}";
            verdicts[key] = verdicts.GetValueOrDefault(key) + 1;
        }

        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < MaxBytes, $"{taken} bytes were allocated");
        Assert.True(disk.ReadBytes < MaxReadBytes, $"{disk.ReadBytes} bytes were read");
    }
}
