using VhdPS.Engine.Partitions;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS;

/// <summary>One partition of a disk and what it holds; of a disk without a table, the whole disk.</summary>
public sealed class VpcPartition : VpcObject
{
    private readonly Partition _partition;
    private readonly FileSystemDescription? _fileSystem;

    internal VpcPartition(string path, PartitionContent content)
        : base(path)
    {
        _partition = content.Partition;
        _fileSystem = content.FileSystem;
    }

    /// <summary>As other tools count: 1 to 4 and from 5 on for logical ones of an MBR, the entry's place in a GPT, 0 for a disk without a
    /// table.</summary>
    public int Number => _partition.Number;

    /// <summary>The kind of table: Mbr, Gpt, or None.</summary>
    public PartitionStyle Style => _partition.Style;

    /// <summary>What it is to its table: Primary, Extended, Logical or WholeDisk.</summary>
    public PartitionRole Role => _partition.Role;

    /// <summary>What the table says that it is meant for, by name; Unknown for an id without one.</summary>
    public string Type => _partition.Type.Name;

    /// <summary>The type as stored: two digits in an MBR, a GUID in a GPT; empty for a disk without a table.</summary>
    public string TypeId => _partition.Type.Value;

    /// <summary>Its first sector.</summary>
    public long StartSector => _partition.StartSector;

    /// <summary>Its sectors.</summary>
    public long SectorCount => _partition.SectorCount;

    /// <summary>Bytes of a sector, 512 or 4096.</summary>
    public int LogicalSectorSize => _partition.SectorSize;

    /// <summary>Bytes from the start of the disk.</summary>
    public long Offset => _partition.Offset;

    /// <summary>Bytes of the partition.</summary>
    public long Size => _partition.SizeBytes;

    /// <summary>The name that a GPT stores; empty elsewhere.</summary>
    public override string Name => _partition.Name;

    /// <summary>The id of the partition that a GPT stores; null elsewhere.</summary>
    public Guid? UniqueId => _partition.UniqueId;

    /// <summary>The attribute bits that a GPT stores; 0 elsewhere.</summary>
    public ulong Attributes => _partition.Attributes;

    /// <summary>Whether it is active in an MBR, or bootable by a legacy BIOS in a GPT.</summary>
    public bool IsBootable => _partition.IsBootable;

    /// <summary>The file system, or what else is recognised in it; empty where nothing is.</summary>
    public string FileSystem => _fileSystem?.Name ?? string.Empty;

    /// <summary>The label of the file system; empty where it has none.</summary>
    public string Label => _fileSystem?.Label ?? string.Empty;

    /// <summary>The id of the file system as its own system writes it; empty where it has none.</summary>
    public string Uuid => _fileSystem?.Uuid ?? string.Empty;

    /// <summary>Bytes of the unit in which the file system gives out space; null where that is not known.</summary>
    public int? ClusterSize => _fileSystem?.ClusterSizeBytes;

    /// <summary>Bytes that the file system does not call free; null where that is not known.</summary>
    public long? UsedSize => _fileSystem?.UsedBytes;

    /// <summary>Bytes that the file system calls free; null where that is not known.</summary>
    public long? FreeSize => _fileSystem?.FreeBytes;

    /// <inheritdoc/>
    public override string ToString() => $"partition {Number} ({Type})";
}
