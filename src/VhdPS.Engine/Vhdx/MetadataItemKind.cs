namespace VhdPS.Engine.Vhdx;

/// <summary>What the format says of a kind of metadata item.</summary>
/// <param name="Id">The kind.</param>
/// <param name="Name">Its name in the specification.</param>
/// <param name="Length">Bytes that every item of the kind has; 0 where they vary.</param>
/// <param name="IsVirtualDisk">Whether it is about the disk, not the file; null where that is not judged.</param>
internal sealed record MetadataItemKind(Guid Id, string Name, int Length, bool? IsVirtualDisk)
{
    private static readonly MetadataItemKind[] All =
    [
        new(VhdxSpec.FileParametersItem, "File Parameters", 8, false),
        new(VhdxSpec.VirtualSizeItem, "Virtual Disk Size", 8, true),
        new(VhdxSpec.LogicalSectorSizeItem, "Logical Sector Size", 4, true),
        new(VhdxSpec.PhysicalSectorSizeItem, "Physical Sector Size", 4, true),
        new(VhdxSpec.VirtualDiskIdItem, "Virtual Disk ID", 16, true),
        new(VhdxSpec.ParentLocatorItem, "Parent Locator", 0, false),
        new(VhdxSpec.GeometryItem, "CHS Parameters", 0, null),
        new(VhdxSpec.MemoryLabelsItem, "PMEM Label Storage Area", 0, null),
    ];

    /// <summary>The kind of a system item; null where it is not known.</summary>
    public static MetadataItemKind? Find(Guid id) => Array.Find(All, kind => kind.Id == id);

    /// <summary>The kind of an item that is known.</summary>
    public static MetadataItemKind Of(Guid id) => Find(id) ?? throw new ArgumentException("The item is of no known kind.", nameof(id));
}
