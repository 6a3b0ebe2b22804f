using Microsoft.Win32.SafeHandles;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Bench.Compare;

/// <summary>The files of one comparison: made from a seed when first asked for, shared by the rows, deleted at the end.</summary>
internal sealed class BenchData : IDisposable
{
    public const int ChunkBytes = 1024 * 1024;
    public const long MiB = 1024 * 1024;
    public const long GiB = 1024 * MiB;

    private const int Seed = 20101;
    private static readonly Guid ImageId = new("5f0e5b1c-0d1e-4a53-9a0b-1c0f6a2b7d11");
    private static readonly DateTime ImageTime = new(2010, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly string _folder;

    public BenchData(string parentFolder, bool isQuick)
    {
        IsQuick = isQuick;
        Directory.CreateDirectory(parentFolder);
        _folder = Path.Combine(parentFolder, $"vhdps-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(_folder);
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

    /// <summary>A raw file full of random bytes.</summary>
    public string RawFull(long sizeBytes) => Make($"full-{sizeBytes / MiB}.raw", path =>
    {
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        EachChunk(sizeBytes, (offset, chunk) => RandomAccess.Write(handle, chunk, offset));
        RandomAccess.FlushToDisk(handle);
    });

    /// <summary>A dynamic image with the same bytes, every block allocated, in the order of the disk.</summary>
    public string DynamicFull(long sizeBytes) => Make($"full-{sizeBytes / MiB}.vhd", path =>
    {
        CreateDynamic(path, sizeBytes);
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        EachChunk(sizeBytes, (offset, chunk) => image.WriteSectors(offset / VhdSpec.SectorSize, chunk));
        image.Flush();
    });

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

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void EachChunk(long sizeBytes, Action<long, byte[]> write)
    {
        var random = new Random(Seed);
        byte[] chunk = new byte[ChunkBytes];
        for (long offset = 0; offset < sizeBytes; offset += ChunkBytes)
        {
            random.NextBytes(chunk);
            write(offset, chunk);
        }
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
