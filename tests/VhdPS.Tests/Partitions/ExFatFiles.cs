using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Tests.Partitions;

/// <summary>
/// Puts files into an exFAT volume that mkfs.exfat made: no program at hand writes one without mounting it. fsck.exfat says whether
/// the result is valid.
/// </summary>
internal sealed class ExFatFiles
{
    private readonly string _path;
    private readonly byte[] _boot;
    private readonly int _cluster;
    private readonly long _heap;
    private readonly long _fat;
    private int _entryAt;

    public ExFatFiles(string path)
    {
        _path = path;
        _boot = RawDisk.Read(path, 0, 512);
        int sector = 1 << _boot[108];
        _cluster = sector << _boot[109];
        _fat = Field(80) * (long)sector;
        _heap = Field(88) * (long)sector;
        byte[] root = RawDisk.Read(path, OffsetOf((int)Field(96)), 4096);
        while (root[_entryAt] != 0)
        {
            _entryAt += 32;
        }
    }

    /// <summary>Adds a file in these clusters: in a row without a chain, or anywhere with one in the table.</summary>
    public void Add(string name, byte[] content, params int[] clusters)
    {
        bool isRow = Enumerable.Range(0, clusters.Length).All(i => clusters[i] == clusters[0] + i);
        for (int i = 0; i < clusters.Length; i++)
        {
            int at = i * _cluster;
            RawDisk.Write(_path, OffsetOf(clusters[i]), content.AsSpan(at, Math.Min(_cluster, content.Length - at)));
            if (!isRow)
            {
                RawDisk.Write(_path, _fat + (clusters[i] * 4L), BitConverter.GetBytes(
                    i + 1 < clusters.Length ? (uint)clusters[i + 1] : uint.MaxValue));
            }

            long map = OffsetOf(2) + ((clusters[i] - 2) / 8);
            byte bits = RawDisk.Read(_path, map, 1)[0];
            RawDisk.Write(_path, map, [(byte)(bits | (1 << ((clusters[i] - 2) % 8)))]);
        }

        byte[] set = Entries(name, content.Length, clusters[0], isRow);
        RawDisk.Write(_path, OffsetOf((int)Field(96)) + _entryAt, set);
        _entryAt += set.Length;
    }

    /// <summary>The bytes of some clusters.</summary>
    public byte[] Read(int length, params int[] clusters) =>
        [.. clusters.SelectMany((cluster, i) => RawDisk.Read(_path, OffsetOf(cluster), Math.Min(_cluster, length - (i * _cluster))))];

    /// <summary>Bytes of a cluster.</summary>
    public int ClusterSize => _cluster;

    private static byte[] Entries(string name, int length, int cluster, bool isRow)
    {
        byte[] letters = Encoding.Unicode.GetBytes(name);
        byte[] set = new byte[96];
        set[0] = 0x85;
        set[1] = 2;
        set[4] = 0x20;
        foreach (int at in new[] { 8, 12, 16 })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(set.AsSpan(at), (46u << 25) | (1 << 21) | (1 << 16));
        }

        Span<byte> stream = set.AsSpan(32, 32), text = set.AsSpan(64, 32);
        stream[0] = 0xC0;
        stream[1] = (byte)(isRow ? 3 : 1);
        stream[3] = (byte)name.Length;
        BinaryPrimitives.WriteUInt16LittleEndian(stream[4..], Sum(Encoding.Unicode.GetBytes(name.ToUpperInvariant()), skipsSum: false));
        BinaryPrimitives.WriteUInt64LittleEndian(stream[8..], (ulong)length);
        BinaryPrimitives.WriteUInt32LittleEndian(stream[20..], (uint)cluster);
        BinaryPrimitives.WriteUInt64LittleEndian(stream[24..], (ulong)length);
        text[0] = 0xC1;
        letters.CopyTo(text[2..]);
        BinaryPrimitives.WriteUInt16LittleEndian(set.AsSpan(2), Sum(set, skipsSum: true));
        return set;
    }

    private static ushort Sum(ReadOnlySpan<byte> bytes, bool skipsSum)
    {
        int sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum = skipsSum && (i is 2 or 3) ? sum : (((sum & 1) << 15) + (sum >> 1) + bytes[i]) & 0xFFFF;
        }

        return (ushort)sum;
    }

    private uint Field(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_boot.AsSpan(at));

    private long OffsetOf(int cluster) => _heap + ((cluster - 2L) * _cluster);
}
