using System.Buffers.Binary;

namespace VhdPS.Tests.Vhdx;

/// <summary>What a log entry is to change.</summary>
/// <param name="FileOffset">Where in the file.</param>
/// <param name="Data">The new sector of 4096 bytes; null for zeros.</param>
/// <param name="ZeroLength">Bytes of zeros.</param>
internal sealed record LogChange(long FileOffset, byte[]? Data, long ZeroLength = 4096);

/// <summary>Builds log entries by the specification's words, and puts them around the circle of a log.</summary>
internal sealed class LogBytes
{
    public static readonly Guid Guid = new("0A0B0C0D-1111-4222-8333-444455556666");

    private readonly VhdxBytes _image;
    private readonly int _length;
    private readonly long _logOffset;

    public LogBytes(
        VhdxBytes image, int length = (int)VhdxBytes.MiB, int start = 0, ulong firstNumber = 1, long logOffset = VhdxBytes.LogOffset)
    {
        _image = image;
        _length = length;
        _logOffset = logOffset;
        Position = start;
        Tail = start;
        Number = firstNumber;
    }

    /// <summary>Where the next entry goes, from the start of the log.</summary>
    public int Position { get; set; }

    /// <summary>The tail that the next entry names.</summary>
    public int Tail { get; set; }

    /// <summary>The number of the next entry.</summary>
    public ulong Number { get; set; }

    /// <summary>What the next entry says of the file's length; null for its length.</summary>
    public long? FlushedFileOffset { get; set; }

    public long? LastFileOffset { get; set; }

    /// <summary>Says in both headers that the log has changes.</summary>
    public void MarkDirty(ushort logVersion = 0)
    {
        _image.PutHeader(64 * 1024, 9, Guid, (uint)_length, (ulong)_logOffset, logVersion: logVersion);
        _image.PutHeader(128 * 1024, 10, Guid, (uint)_length, (ulong)_logOffset, logVersion: logVersion);
    }

    /// <summary>Adds an entry after the last.</summary>
    /// <returns>Where it begins, from the start of the log.</returns>
    public int Add(params LogChange[] changes) => Put(Encode(changes));

    /// <summary>The bytes of an entry with the right checksum.</summary>
    public byte[] Encode(LogChange[] changes, Guid? guid = null)
    {
        int area = (64 + (changes.Length * 32) + 4095) / 4096 * 4096;
        byte[] entry = new byte[area + (changes.Count(change => change.Data is not null) * 4096)];
        "loge"u8.CopyTo(entry);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(8), entry.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(12), Tail);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(16), Number);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(24), changes.Length);
        (guid ?? Guid).TryWriteBytes(entry.AsSpan(32));
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(48), FlushedFileOffset ?? _image.File.Length);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(56), LastFileOffset ?? _image.File.Length);
        int sector = area;
        for (int i = 0; i < changes.Length; i++)
        {
            Span<byte> descriptor = entry.AsSpan(64 + (i * 32), 32);
            if (changes[i].Data is { } data)
            {
                "desc"u8.CopyTo(descriptor);
                data.AsSpan(4092, 4).CopyTo(descriptor[4..]);
                data.AsSpan(0, 8).CopyTo(descriptor[8..]);
                data.CopyTo(entry, sector);
                "data"u8.CopyTo(entry.AsSpan(sector));
                BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(sector + 4), (uint)(Number >> 32));
                BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(sector + 4092), (uint)Number);
                sector += 4096;
            }
            else
            {
                "zero"u8.CopyTo(descriptor);
                BinaryPrimitives.WriteInt64LittleEndian(descriptor[8..], changes[i].ZeroLength);
            }

            BinaryPrimitives.WriteInt64LittleEndian(descriptor[16..], changes[i].FileOffset);
            BinaryPrimitives.WriteUInt64LittleEndian(descriptor[24..], Number);
        }

        Seal(entry);
        return entry;
    }

    /// <summary>Makes the checksum of an entry right.</summary>
    public static void Seal(byte[] entry)
    {
        entry.AsSpan(4, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), VhdxBytes.Crc(entry));
    }

    /// <summary>Puts the bytes of an entry at the next place, around the circle.</summary>
    public int Put(byte[] entry)
    {
        int start = Position;
        for (int at = 0; at < entry.Length; at += 4096)
        {
            _image.File.WriteAt(_logOffset + ((start + at) % _length), entry.AsSpan(at, 4096));
        }

        Position = (start + entry.Length) % _length;
        Number++;
        return start;
    }
}
