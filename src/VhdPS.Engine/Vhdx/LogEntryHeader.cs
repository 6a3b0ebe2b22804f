using System.Buffers.Binary;

namespace VhdPS.Engine.Vhdx;

/// <summary>The first 64 bytes of a log entry. Source: MS-VHDX, "Log Entry".</summary>
internal readonly struct LogEntryHeader
{
    /// <summary>Bytes of the structure.</summary>
    public const int Size = 64;

    /// <summary>Bytes from the start of the entry to its CRC-32C.</summary>
    public const int ChecksumAt = 4;

    private const int EntryLengthAt = 8;
    private const int TailAt = 12;
    private const int SequenceNumberAt = 16;
    private const int DescriptorCountAt = 24;
    private const int LogGuidAt = 32;
    private const int FlushedFileOffsetAt = 48;
    private const int LastFileOffsetAt = 56;

    /// <summary>The stored CRC-32C of the whole entry.</summary>
    public uint Checksum { get; private init; }

    /// <summary>Bytes of the entry, with its descriptors and data sectors.</summary>
    public uint EntryLength { get; private init; }

    /// <summary>Where in the log the oldest entry begins that is still needed when this one is the newest.</summary>
    public uint Tail { get; private init; }

    /// <summary>One more than that of the entry before.</summary>
    public ulong SequenceNumber { get; private init; }

    /// <summary>Descriptors that follow.</summary>
    public uint DescriptorCount { get; private init; }

    /// <summary>The log that the entry is of.</summary>
    public Guid LogGuid { get; private init; }

    /// <summary>Bytes of the file that were certain to be on the medium when the entry was written.</summary>
    public ulong FlushedFileOffset { get; private init; }

    /// <summary>Bytes of the file that all structures fit into, when the entry was written.</summary>
    public ulong LastFileOffset { get; private init; }

    /// <summary>Decodes an entry that begins with "loge"; false where it does not.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out LogEntryHeader header)
    {
        if (!source.StartsWith(VhdxSpec.LogEntrySignature))
        {
            header = default;
            return false;
        }

        header = new LogEntryHeader
        {
            Checksum = BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumAt..]),
            EntryLength = BinaryPrimitives.ReadUInt32LittleEndian(source[EntryLengthAt..]),
            Tail = BinaryPrimitives.ReadUInt32LittleEndian(source[TailAt..]),
            SequenceNumber = BinaryPrimitives.ReadUInt64LittleEndian(source[SequenceNumberAt..]),
            DescriptorCount = BinaryPrimitives.ReadUInt32LittleEndian(source[DescriptorCountAt..]),
            LogGuid = new Guid(source.Slice(LogGuidAt, 16)),
            FlushedFileOffset = BinaryPrimitives.ReadUInt64LittleEndian(source[FlushedFileOffsetAt..]),
            LastFileOffset = BinaryPrimitives.ReadUInt64LittleEndian(source[LastFileOffsetAt..]),
        };
        return true;
    }

    /// <summary>Bytes of the sectors that hold this header and so many descriptors.</summary>
    public static long DescriptorAreaLength(uint descriptorCount)
    {
        long bytes = Size + ((long)descriptorCount * LogDescriptor.Size);
        return (bytes + VhdxSpec.LogSectorSize - 1) / VhdxSpec.LogSectorSize * VhdxSpec.LogSectorSize;
    }
}
