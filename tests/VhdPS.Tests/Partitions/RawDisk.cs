using VhdPS.Engine.Disks;
using VhdPS.Engine.Partitions;

namespace VhdPS.Tests.Partitions;

/// <summary>A raw file, made sparse and read as a disk with partitions.</summary>
internal static class RawDisk
{
    /// <summary>Makes a file of zeros.</summary>
    public static string Create(TempFolder folder, string name, long size)
    {
        string path = folder[name];
        using FileStream file = File.Create(path);
        file.SetLength(size);
        return path;
    }

    /// <summary>Makes the file longer or shorter.</summary>
    public static void SetLength(string path, long size)
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength(size);
    }

    /// <summary>Overwrites a part of the file.</summary>
    public static void Write(string path, long offset, ReadOnlySpan<byte> bytes)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(handle, bytes, offset);
    }

    /// <summary>Reads a part of the file.</summary>
    public static byte[] Read(string path, long offset, int length)
    {
        byte[] bytes = new byte[length];
        using var handle = File.OpenHandle(path);
        Assert.Equal(length, RandomAccess.Read(handle, bytes, offset));
        return bytes;
    }

    /// <summary>Opens the file as the engine reads it and asks for something.</summary>
    public static T Use<T>(string path, Func<IDiskReader, T> ask, int sectorSize = 0)
    {
        using DiskSource source = DiskSource.Open(path, SourceFormat.Raw);
        return ask(new DiskSourceReader(source, sectorSize));
    }

    /// <summary>The table of the file.</summary>
    public static PartitionTable Table(string path, int sectorSize = 0) => Use(path, PartitionTable.Read, sectorSize);
}
