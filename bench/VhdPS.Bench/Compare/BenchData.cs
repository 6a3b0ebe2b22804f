using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Bench.Compare;

/// <summary>The files of one comparison: made from a seed when first asked for, shared by the rows, deleted at the end.</summary>
internal sealed class BenchData : IDisposable
{
    public const int ChunkBytes = 1024 * 1024;
    public const long MiB = 1024 * 1024;
    public const long GiB = 1024 * MiB;

    /// <summary>What all data comes from.</summary>
    public const int Seed = 20101;

    private const int DeleteAttempts = 20;
    private static readonly TimeSpan DeletePause = TimeSpan.FromMilliseconds(100);
    private static readonly Guid ImageId = new("5f0e5b1c-0d1e-4a53-9a0b-1c0f6a2b7d11");
    private static readonly DateTime ImageTime = new(2010, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly string _folder;
    private readonly PosixSignalRegistration[] _signals;

    public BenchData(string parentFolder, bool isQuick)
    {
        IsQuick = isQuick;
        Directory.CreateDirectory(parentFolder);
        _folder = Path.Combine(parentFolder, $"vhdps-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(_folder);

        // Gigabytes must not stay behind when the run is interrupted.
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => DeleteUnderWriters()),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => DeleteUnderWriters()),
        ];
    }

    /// <summary>Whether the rows are to do with less.</summary>
    public bool IsQuick { get; }

    /// <summary><paramref name="full"/>, or an eighth of it for a quick run.</summary>
    public long Scale(long full) => IsQuick ? full / 8 : full;

    /// <summary>A path in the folder of the data.</summary>
    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Random bytes, the same in every run.</summary>
    public static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(Seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A disk as a raw file, holes where it has no data.</summary>
    public string Raw(DiskFill fill, long sizeBytes) => Make($"{NameOf(fill, sizeBytes)}.raw", path => WriteRaw(path, fill, sizeBytes));

    /// <summary>The same bytes in a second raw file.</summary>
    public string RawTwin(DiskFill fill, long sizeBytes) =>
        Make($"{NameOf(fill, sizeBytes)}-twin.raw", path => WriteRaw(path, fill, sizeBytes));

    /// <summary>A dynamic image with the same bytes, the blocks in the order of the disk.</summary>
    public string Dynamic(DiskFill fill, long sizeBytes) => Make($"{NameOf(fill, sizeBytes)}.vhd", path =>
    {
        CreateDynamic(path, sizeBytes);
        using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
        {
            new SeededDisk(fill, sizeBytes)
                .Write((offset, run, length) => image.WriteSectors(offset / VhdSpec.SectorSize, run.AsSpan(0, length)));
            image.Flush();
        }

        PageCache.ReadAnew(path);
    });

    /// <summary>A dynamic VHDX with the same bytes.</summary>
    public string Vhdx(DiskFill fill, long sizeBytes)
    {
        string raw = Raw(fill, sizeBytes);
        return Make($"{NameOf(fill, sizeBytes)}.vhdx", path =>
        {
            using (var operation = ConvertOperation.Begin(new ConvertOptions(raw, path)
            {
                SourceFormat = SourceFormat.Raw,
                TargetFormat = DiskFormat.Dynamic,
                TargetImageFormat = VhdFormat.Vhdx,
                UniqueId = ImageId,
                TimeStamp = ImageTime,
            }))
            {
                operation.Run();
            }

            PageCache.ReadAnew(path);
        });
    }

    /// <summary>An empty dynamic VHDX with blocks of 1 MiB, which give the largest table.</summary>
    public string VhdxEmpty(long sizeBytes) => Make($"empty-{sizeBytes / MiB}.vhdx", path => VhdxCreator.Create(
        path, new NewVhdx(sizeBytes) { BlockSizeBytes = (int)MiB, UniqueId = ImageId, TimeStamp = ImageTime }));

    /// <summary>An empty dynamic image.</summary>
    public string DynamicEmpty(long sizeBytes) => Make($"empty-{sizeBytes / MiB}.vhd", path => CreateDynamic(path, sizeBytes));

    /// <summary>Makes an empty dynamic image anew, whatever is there.</summary>
    public static void CreateDynamic(string path, long sizeBytes)
    {
        File.Delete(path);
        ImageCreator.Create(path, new NewImage(sizeBytes) { UniqueId = ImageId, TimeStamp = ImageTime });
    }

    /// <summary>Puts what a program has written on the medium, so that the next run does not pay for it.</summary>
    public static void Sync(string path)
    {
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        DeleteFolder();
    }

    private void DeleteFolder()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>At an interrupt a row still runs and may put a file into the folder while it is being deleted.</summary>
    private void DeleteUnderWriters()
    {
        for (int attempt = 0; attempt < DeleteAttempts; attempt++)
        {
            try
            {
                DeleteFolder();
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(DeletePause);
            }
        }
    }

    private static string NameOf(DiskFill fill, long sizeBytes) => $"{fill}-{sizeBytes / MiB}".ToLowerInvariant();

    private static void WriteRaw(string path, DiskFill fill, long sizeBytes)
    {
        using (SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(handle, sizeBytes);
            new SeededDisk(fill, sizeBytes).Write((offset, run, length) => RandomAccess.Write(handle, run.AsSpan(0, length), offset));
            RandomAccess.FlushToDisk(handle);
        }

        PageCache.ReadAnew(path);
    }

    private string Make(string name, Action<string> make)
    {
        string path = PathOf(name);
        if (!File.Exists(path))
        {
            make(path);
        }

        return path;
    }
}
