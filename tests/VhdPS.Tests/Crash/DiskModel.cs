using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VhdPS.Tests.Crash;

/// <summary>
/// What a disk may read as at any moment of a recorded run: for each sector the value that the last returned flush
/// promised, and those written since. A sector's bytes are one 8-byte value over and over; zero is an empty sector.
/// </summary>
internal sealed class DiskModel
{
    /// <summary>The value of a sector that the parent holds.</summary>
    public const ulong FromParent = ulong.MaxValue;

    private readonly List<Epoch> _epochs;
    private readonly ulong[] _latest;

    public DiskModel(ulong[] values)
    {
        _latest = (ulong[])values.Clone();
        _epochs = [new Epoch(0, (ulong[])values.Clone())];
    }

    /// <summary>Sectors of the disk.</summary>
    public int SectorCount => _latest.Length;

    /// <summary>What each sector reads as while nothing is lost.</summary>
    public IReadOnlyList<ulong> Latest => _latest;

    /// <summary>Notes a write that begins when so many changes were recorded.</summary>
    public void Write(int changeCount, int sector, ReadOnlySpan<ulong> values)
    {
        values.CopyTo(_latest.AsSpan(sector));
        _epochs[^1].Writes.Add(new Written(changeCount, sector, values.ToArray()));
    }

    /// <summary>Notes that a flush returned when so many changes were recorded.</summary>
    public void Flushed(int changeCount) => _epochs.Add(new Epoch(changeCount, (ulong[])_latest.Clone()));

    /// <summary>
    /// Whether <paramref name="sector"/> may read as <paramref name="value"/> when the power went after so many changes.
    /// </summary>
    public bool Allows(int changeCount, int sector, ulong value)
    {
        int index = _epochs.FindLastIndex(epoch => epoch.Start <= changeCount);
        Epoch epoch = _epochs[index];
        return epoch.Promised[sector] == value || epoch.Writes.Any(written =>
            written.Start < changeCount && sector >= written.Sector && sector < written.Sector + written.Values.Length
            && written.Values[sector - written.Sector] == value);
    }

    /// <summary>What a flush promised for a sector at a point.</summary>
    public ulong PromisedAt(int changeCount, int sector) => _epochs.FindLast(epoch => epoch.Start <= changeCount)!.Promised[sector];

    /// <summary>The bytes of sectors with the given values.</summary>
    public static byte[] Encode(ReadOnlySpan<ulong> values)
    {
        byte[] bytes = new byte[values.Length * 512];
        for (int i = 0; i < values.Length; i++)
        {
            MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan(i * 512, 512)).Fill(BinaryPrimitives.ReverseEndianness(values[i]));
        }

        return bytes;
    }

    /// <summary>The value of a sector's bytes; fails where they are not one value.</summary>
    public static ulong Decode(ReadOnlySpan<byte> sector)
    {
        ulong first = BinaryPrimitives.ReadUInt64BigEndian(sector);
        int other = MemoryMarshal.Cast<byte, ulong>(sector).IndexOfAnyExcept(BinaryPrimitives.ReverseEndianness(first));
        Assert.True(other < 0, $"a sector is torn at byte {other * 8}");
        return first;
    }

    private sealed record Epoch(int Start, ulong[] Promised)
    {
        public List<Written> Writes { get; } = [];
    }

    private sealed record Written(int Start, int Sector, ulong[] Values);
}
