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

    private CrashWorkload(byte[] initial, Random random)
    {
        _random = random;
        var store = new MemoryImageFile(initial);
        Initial = initial;
        Recorder = new RecordingImageFile(new KeptOpenImageFile(store));
        using VhdImage image = VhdImage.Open(store.Reopen());
        Model = new DiskModel(ReadValues(image));
    }

    /// <summary>The file before the run.</summary>
    public byte[] Initial { get; }

    /// <summary>The changes of the run.</summary>
    public RecordingImageFile Recorder { get; }

    /// <summary>What the run promised.</summary>
    public DiskModel Model { get; }

    /// <summary>Runs <paramref name="steps"/> random steps on an image.</summary>
    public static CrashWorkload Run(byte[] initial, Random random, int steps)
    {
        var workload = new CrashWorkload(initial, random);
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
                default:
                    workload.Write(image);
                    break;
            }
        }

        image.Dispose();
        workload.Model.Flushed(workload.Recorder.Changes.Count);
        return workload;
    }

    /// <summary>The value of each sector of a disk.</summary>
    public static ulong[] ReadValues(VhdImage image)
    {
        ulong[] values = new ulong[image.SectorCount];
        byte[] buffer = new byte[64 * 512];
        for (long sector = 0; sector < image.SectorCount;)
        {
            SectorRun run = image.Map.Find(sector, Math.Min(64, image.SectorCount - sector));
            if (run.Origin == SectorOrigin.Parent)
            {
                values.AsSpan((int)sector, (int)run.Count).Fill(DiskModel.FromParent);
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

    private VhdImage Open() => VhdImage.Open(Recorder, new VhdOpenOptions { ForWriting = true });

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
