using VhdPS.Engine.Chains;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Crash;

/// <summary>A random run of writes and flushes on one image, recorded, with the model of what it promised.</summary>
internal sealed class CrashWorkload
{
    private readonly Random _random;
    private ulong _nextValue = 1;

    private readonly VhdOpenOptions _options;

    private CrashWorkload(byte[] initial, Random random, string? emptyParent)
    {
        _random = random;
        _options = OptionsFor(emptyParent) with { ForWriting = true };
        var store = new MemoryImageFile(initial);
        Initial = initial;
        Recorder = new RecordingImageFile(new KeptOpenImageFile(store));
        using VhdImage image = VhdImage.Open(store.Reopen());
        Model = new DiskModel(ReadValues(image, emptyParent is not null));
    }

    /// <summary>The file before the run.</summary>
    public byte[] Initial { get; }

    /// <summary>The changes of the run.</summary>
    public RecordingImageFile Recorder { get; }

    /// <summary>What the run promised.</summary>
    public DiskModel Model { get; }

    /// <summary>Runs <paramref name="steps"/> random steps on an image.</summary>
    /// <param name="initial">The file.</param>
    /// <param name="random">Chooses them.</param>
    /// <param name="steps">How many.</param>
    /// <param name="emptyParent">A parent without data; null for an image without one, or with one that cannot be found.</param>
    public static CrashWorkload Run(byte[] initial, Random random, int steps, string? emptyParent = null)
    {
        var workload = new CrashWorkload(initial, random, emptyParent);
        VhdImage image = workload.Open();
        for (int step = 0; step < steps; step++)
        {
            switch (random.Next(12))
            {
                case 0:
                    image.Dispose();
                    workload.Model.Flushed(workload.Recorder.Changes.Count);
                    image = workload.Open();
                    break;
                case < 4:
                    image.Flush();
                    workload.Model.Flushed(workload.Recorder.Changes.Count);
                    break;
                case < 7:
                    workload.Zero(image);
                    break;
                default:
                    workload.Write(image);
                    break;
            }
        }

        image.Dispose();
        workload.Model.Flushed(workload.Recorder.Changes.Count);
        return workload;
    }

    /// <summary>How an image is opened whose parent is given.</summary>
    public static VhdOpenOptions OptionsFor(string? parentPath) => parentPath is null
        ? VhdOpenOptions.Default
        : new VhdOpenOptions { Parents = new ParentPolicy { ParentPath = parentPath, IgnoreIdMismatch = true } };

    /// <summary>The value of each sector of a disk.</summary>
    /// <param name="image">The disk.</param>
    /// <param name="isParentEmpty">Whether what its parent holds is zeros, and not another value.</param>
    public static ulong[] ReadValues(VhdImage image, bool isParentEmpty = false)
    {
        ulong[] values = new ulong[image.SectorCount];
        byte[] buffer = new byte[64 * 512];
        for (long sector = 0; sector < image.SectorCount;)
        {
            SectorRun run = image.Map.Find(sector, Math.Min(64, image.SectorCount - sector));
            if (run.Origin == SectorOrigin.Parent)
            {
                values.AsSpan((int)sector, (int)run.Count).Fill(isParentEmpty ? 0 : DiskModel.FromParent);
            }
            else
            {
                image.ReadSectors(sector, buffer.AsSpan(0, (int)run.Count * 512));
                for (int i = 0; i < run.Count; i++)
                {
                    values[sector + i] = DiskModel.Decode(buffer.AsSpan(i * 512, 512));
                }
            }

            sector += run.Count;
        }

        return values;
    }

    private VhdImage Open() => VhdImage.Open(Recorder, _options);

    /// <summary>Zeroes or discards sectors, most often whole blocks; discarding lets a sector read on that the parent holds.</summary>
    private void Zero(VhdImage image)
    {
        int blockSectors = Math.Max(1, image.Layout.SectorsPerBlock);
        int sector = _random.Next(Model.SectorCount);
        int count = _random.Next(1, Math.Min(Model.SectorCount - sector, 24) + 1);
        if (_random.Next(4) != 0)
        {
            sector -= sector % blockSectors;
            count = Math.Min(Model.SectorCount - sector, blockSectors * _random.Next(1, 4));
        }

        ulong[] values = new ulong[count];
        if (_random.Next(2) == 0)
        {
            Model.Write(Recorder.Changes.Count, sector, values);
            image.ZeroSectors(sector, count, mayDiscard: _random.Next(3) != 0);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            values[i] = Model.Latest[sector + i] == DiskModel.FromParent ? DiskModel.FromParent : 0;
        }

        Model.Write(Recorder.Changes.Count, sector, values);
        image.DiscardSectors(sector, count);
    }

    private void Write(VhdImage image)
    {
        int sector = _random.Next(Model.SectorCount);
        int most = Math.Min(Model.SectorCount - sector, _random.Next(4) == 0 ? 24 : 3);
        ulong[] values = new ulong[_random.Next(1, most + 1)];
        if (_random.Next(8) != 0)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = _nextValue++;
            }
        }

        Model.Write(Recorder.Changes.Count, sector, values);
        image.WriteSectors(sector, DiskModel.Encode(values));
    }
}
