namespace VhdPS.Engine.Format;

/// <summary>The parts of an image that a finding can be about.</summary>
public enum VhdStructure
{
    /// <summary>The file as a whole.</summary>
    File,

    /// <summary>The footer at the end.</summary>
    Footer,

    /// <summary>The copy of the footer at the front of dynamic and differencing images.</summary>
    FooterCopy,

    /// <summary>The dynamic disk header.</summary>
    DynamicHeader,

    /// <summary>A parent locator or the path it points to.</summary>
    ParentLocator,

    /// <summary>The block allocation table.</summary>
    BlockAllocationTable,

    /// <summary>Xen's map of full blocks.</summary>
    Batmap,

    /// <summary>A block's sector bitmap.</summary>
    SectorBitmap,

    /// <summary>A block's data, or a fixed disk's.</summary>
    Data,

    /// <summary>The chain of parents.</summary>
    Chain,

    /// <summary>The file that a repair can be undone with.</summary>
    UndoFile,

    /// <summary>The identifier at the front of a VHDX file.</summary>
    FileIdentifier,

    /// <summary>A header of a VHDX file.</summary>
    VhdxHeader,

    /// <summary>A region table of a VHDX file.</summary>
    RegionTable,

    /// <summary>The metadata region of a VHDX file, or an item in it.</summary>
    Metadata,

    /// <summary>The log of a VHDX file.</summary>
    Log,

    /// <summary>A region of a VHDX file that is of an unknown kind.</summary>
    UnknownRegion,

    /// <summary>The partition table of the disk in an image.</summary>
    PartitionTable,

    /// <summary>A file system on the disk in an image.</summary>
    FileSystem,
}

/// <summary>One field of a structure.</summary>
/// <param name="Name">The specification's name.</param>
/// <param name="Offset">Bytes from the start of the structure.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Text">The value, human-readable.</param>
internal sealed record StructureField(string Name, int Offset, int Length, string Text);
