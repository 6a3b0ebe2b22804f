using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>Why the engine declined to do what was asked, although the image itself may be sound.</summary>
public enum OperationError
{
    /// <summary>The image was opened for reading.</summary>
    OpenedForReading,

    /// <summary>An earlier write or sync through this handle failed.</summary>
    EarlierWriteFailed,

    /// <summary>A table entry cannot name a place beyond 2 TiB.</summary>
    ImageFull,

    /// <summary>The target exists already.</summary>
    TargetExists,

    /// <summary>The undo file of an earlier repair exists already; none is ever replaced.</summary>
    UndoFileExists,

    /// <summary>A machine's state is saved with the image.</summary>
    StateSaved,

    /// <summary>Source and target are one file.</summary>
    SameFile,

    /// <summary>Data would be lost.</summary>
    DataWouldBeLost,

    /// <summary>Data of a parent would be seen that was not.</summary>
    ParentDataWouldShow,

    /// <summary>Other images depend on this one.</summary>
    HasChildren,

    /// <summary>The volume has not enough free space.</summary>
    NotEnoughSpace,

    /// <summary>The kind of image does not allow it.</summary>
    WrongType,

    /// <summary>The file has other names, which would keep the old content.</summary>
    HardLinked,

    /// <summary>The new file cannot be given the owner, the group or the access list of the one that it replaces.</summary>
    OwnerNotKept,

    /// <summary>Blocks with data that no table entry names would be dropped.</summary>
    LostBlocksPresent,

    /// <summary>The device, or a part of it, is mounted for writing or in other use.</summary>
    DeviceInUse,

    /// <summary>A manifest of hashes is not of the image, or older than its last change.</summary>
    ManifestMismatch,
}

/// <summary>The engine declined to do what was asked; nothing was changed.</summary>
public sealed class VhdOperationException : VhdException
{
    /// <summary>Names the file and the reason.</summary>
    public VhdOperationException(string path, OperationError code, string message)
        : base(path, message)
    {
        Code = code;
    }

    /// <summary>The reason.</summary>
    public OperationError Code { get; }

    /// <summary>Whether the operation goes on all the same where its options set Force.</summary>
    public bool IsOverridable { get; init; }
}
