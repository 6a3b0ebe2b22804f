namespace VhdPS.Engine.Vhdx;

/// <summary>What the metadata items of a file say about it and its disk, each value in its range.</summary>
internal sealed record VhdxMetadata
{
    /// <summary>Bytes of a payload block, a power of two from 1 to 256 MiB.</summary>
    public required int BlockSize { get; init; }

    /// <summary>Whether blocks stay allocated: the image is a fixed one.</summary>
    public required bool IsFixed { get; init; }

    /// <summary>Whether the image has a parent: it is a differencing one.</summary>
    public required bool HasParent { get; init; }

    /// <summary>The virtual size in bytes, at most 64 TiB.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes of a sector as the disk shows it, 512 or 4096.</summary>
    public required int LogicalSectorSize { get; init; }

    /// <summary>Bytes of a sector as the disk recommends to write it, 512 or 4096.</summary>
    public required int PhysicalSectorSize { get; init; }

    /// <summary>The disk's identity, which stays when the file is copied or converted; all zeros where the file has none.</summary>
    public required Guid VirtualDiskId { get; init; }

    /// <summary>Where the parent is; null where the file does not say so, or not in a form that can be read.</summary>
    public VhdxParentLocator? ParentLocator { get; init; }
}
