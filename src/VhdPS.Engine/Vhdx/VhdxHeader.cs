using System.Buffers.Binary;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// One of the two headers, which take turns: what identifies the file's state, and where its log is. Owns its raw 4096 bytes;
/// getters decode. Source: MS-VHDX, "Headers".
/// </summary>
internal sealed class VhdxHeader
{
    private const int SignatureAt = 0;
    private const int ChecksumAt = SignatureAt + 4;
    private const int SequenceNumberAt = ChecksumAt + 4;
    private const int FileWriteGuidAt = SequenceNumberAt + 8;
    private const int DataWriteGuidAt = FileWriteGuidAt + 16;
    private const int LogGuidAt = DataWriteGuidAt + 16;
    private const int LogVersionAt = LogGuidAt + 16;
    private const int VersionAt = LogVersionAt + 2;
    private const int LogLengthAt = VersionAt + 2;
    private const int LogOffsetAt = LogLengthAt + 4;
    private const int ReservedAt = LogOffsetAt + 8;

    private readonly byte[] _bytes;

    private VhdxHeader(byte[] bytes) => _bytes = bytes;

    /// <summary>The 4096 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether the header begins with "head".</summary>
    public bool HasSignature => _bytes.AsSpan().StartsWith(VhdxSpec.HeaderSignature);

    /// <summary>The stored CRC-32C.</summary>
    public uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(ChecksumAt));

    /// <summary>The CRC-32C of the bytes as stored.</summary>
    public uint ComputedChecksum => Crc32C.Of(_bytes, ChecksumAt);

    /// <summary>Whether signature and checksum are right.</summary>
    public bool IsValid => HasSignature && Checksum == ComputedChecksum;

    /// <summary>Counts the writes of headers: of two valid ones the higher is current.</summary>
    public ulong SequenceNumber => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(SequenceNumberAt));

    /// <summary>Changes whenever anything in the file changes.</summary>
    public Guid FileWriteGuid => new(_bytes.AsSpan(FileWriteGuidAt, 16));

    /// <summary>Changes whenever the disk's data changes; what a child stores to name this image.</summary>
    public Guid DataWriteGuid => new(_bytes.AsSpan(DataWriteGuidAt, 16));

    /// <summary>Of the log's entries those with this id count; all zeros where the log is empty.</summary>
    public Guid LogGuid => new(_bytes.AsSpan(LogGuidAt, 16));

    /// <summary>The version of the log's format.</summary>
    public ushort LogVersion => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(LogVersionAt));

    /// <summary>The version of the file's format.</summary>
    public ushort Version => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(VersionAt));

    /// <summary>Bytes of the log.</summary>
    public uint LogLength => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(LogLengthAt));

    /// <summary>File offset of the log.</summary>
    public ulong LogOffset => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(LogOffsetAt));

    /// <summary>Where in the header the first reserved byte that is not zero lies; -1 where all are.</summary>
    public int FindReservedByte()
    {
        int found = _bytes.AsSpan(ReservedAt).IndexOfAnyExcept((byte)0);
        return found < 0 ? -1 : ReservedAt + found;
    }

    /// <summary>Takes 4096 bytes as they are; no value is judged.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public static VhdxHeader Parse(ReadOnlySpan<byte> source) => source.Length == VhdxSpec.HeaderSize
        ? new VhdxHeader(source.ToArray())
        : throw new ArgumentException("A header has 4096 bytes.", nameof(source));

    /// <summary>A sealed header of version 1.</summary>
    public static VhdxHeader Create(
        ulong sequenceNumber, Guid fileWriteGuid, Guid dataWriteGuid, Guid logGuid, long logOffset, int logLength)
    {
        byte[] bytes = new byte[VhdxSpec.HeaderSize];
        Span<byte> span = bytes;
        VhdxSpec.HeaderSignature.CopyTo(span);
        BinaryPrimitives.WriteUInt64LittleEndian(span[SequenceNumberAt..], sequenceNumber);
        fileWriteGuid.TryWriteBytes(span[FileWriteGuidAt..]);
        dataWriteGuid.TryWriteBytes(span[DataWriteGuidAt..]);
        logGuid.TryWriteBytes(span[LogGuidAt..]);
        BinaryPrimitives.WriteUInt16LittleEndian(span[LogVersionAt..], VhdxSpec.LogVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(span[VersionAt..], VhdxSpec.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(span[LogLengthAt..], (uint)logLength);
        BinaryPrimitives.WriteUInt64LittleEndian(span[LogOffsetAt..], (ulong)logOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(span[ChecksumAt..], Crc32C.Of(bytes, ChecksumAt));
        return new VhdxHeader(bytes);
    }
}
