using System.Buffers.Binary;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Looks for a file in the root folder of an NTFS volume by reading the whole index, whatever its order.</summary>
internal static class NtfsRootFolder
{
    /// <summary>An index is read no further: half a million names.</summary>
    private const long MaxIndexBytes = 64L * 1024 * 1024;

    private const int MaxBlockSize = 64 * 1024;
    private const int RootEntriesAt = 16;
    private const int BlockEntriesAt = 24;
    private const ushort LastEntryFlag = 2;

    /// <summary>The record of a file.</summary>
    /// <returns>Null without a problem where there is no such file.</returns>
    public static NtfsRecord? Find(NtfsVolume volume, string name, CancellationToken cancellation, out MapProblem? problem)
    {
        problem = null;
        NtfsRecord? folder = volume.ReadRecord(NtfsVolume.RootRecord);
        if (folder is not { IsInUse: true } || FindIndex(folder, NtfsAttribute.IndexRoot) is not { IsResident: true } root)
        {
            problem = MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The root folder cannot be read.");
            return null;
        }

        if (folder.Find(NtfsAttribute.AttributeList) is not null)
        {
            problem = MapProblem.Of(
                FreeSpaceVerdict.FeatureUnsupported, $"The root folder is in so many pieces that one record does not hold their list.");
            return null;
        }

        ReadOnlySpan<byte> value = root.Value;
        if (value.Length > RootEntriesAt && FindEntry(value[RootEntriesAt..], name) is { } number
            && ReadFile(volume, number, name) is { } file)
        {
            return file;
        }

        return FindIndex(folder, NtfsAttribute.IndexAllocation) is { } allocation
            ? FindInBlocks(volume, allocation, name, cancellation, out problem)
            : null;
    }

    private static NtfsRecord? FindInBlocks(
        NtfsVolume volume, NtfsAttribute allocation, string name, CancellationToken cancellation, out MapProblem? problem)
    {
        problem = null;
        if (volume.Open(allocation) is not { } stream || stream.Length > MaxIndexBytes || volume.Boot.IndexBlockSize > MaxBlockSize)
        {
            problem = MapProblem.Of(FreeSpaceVerdict.FeatureUnsupported, $"The root folder is larger than is read.");
            return null;
        }

        byte[] block = new byte[volume.Boot.IndexBlockSize];
        for (long at = 0; at + block.Length <= stream.Length; at += block.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!stream.TryRead(at, block))
            {
                problem = MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The root folder cannot be read.");
                return null;
            }

            // Blocks that are not in use may hold anything, also old names: the file's record decides.
            if (block.AsSpan().StartsWith("INDX"u8) && NtfsRecord.TryRestore(block)
                && FindEntry(block.AsSpan(BlockEntriesAt), name) is { } number && ReadFile(volume, number, name) is { } file)
            {
                return file;
            }
        }

        return null;
    }

    private static NtfsAttribute? FindIndex(NtfsRecord folder, uint type)
    {
        foreach (NtfsAttribute attribute in folder.Attributes)
        {
            if (attribute.Type == type && attribute.Name == "$I30")
            {
                return attribute;
            }
        }

        return null;
    }

    /// <summary>The record of a name in one node of an index, which begins with where its entries are.</summary>
    private static long? FindEntry(ReadOnlySpan<byte> node, string name)
    {
        const int EntryHeader = 16;
        if (node.Length < EntryHeader)
        {
            return null;
        }

        long at = BinaryPrimitives.ReadUInt32LittleEndian(node), end = BinaryPrimitives.ReadUInt32LittleEndian(node[4..]);
        end = Math.Min(end, node.Length);
        while (at + EntryHeader <= end)
        {
            ReadOnlySpan<byte> entry = node[(int)at..(int)end];
            ushort length = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]), keyLength = BinaryPrimitives.ReadUInt16LittleEndian(
                entry[10..]);
            ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[12..]);
            if ((flags & LastEntryFlag) != 0 || length < EntryHeader || length > entry.Length)
            {
                return null;
            }

            if (EntryHeader + keyLength <= length && NtfsName.Parse(entry.Slice(EntryHeader, keyLength)) is { } key
                && key.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return (long)(BinaryPrimitives.ReadUInt64LittleEndian(entry) & NtfsName.RecordMask);
            }

            at += length;
        }

        return null;
    }

    private static NtfsRecord? ReadFile(NtfsVolume volume, long number, string name)
    {
        NtfsRecord? record = volume.ReadRecord(number);
        bool isFile = record is { IsInUse: true } && record.Attributes.Any(attribute =>
            attribute.Type == NtfsAttribute.FileName && NtfsName.Parse(attribute.Value) is { } key
            && key.ParentRecord == NtfsVolume.RootRecord && key.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return isFile ? record : null;
    }
}
