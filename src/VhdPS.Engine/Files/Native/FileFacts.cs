namespace VhdPS.Engine.Files.Native;

/// <summary>What kind of thing a path names.</summary>
internal enum FileKind
{
    Missing,
    Regular,
    Directory,
    Other,
}

/// <summary>Kind, identity and space of a file, as far as the system says.</summary>
/// <param name="Kind">What the path names, links followed.</param>
/// <param name="Identity">Volume and number.</param>
/// <param name="SizeOnDisk">Bytes on the medium, or null.</param>
internal readonly record struct FileFacts(FileKind Kind, FileIdentity Identity, long? SizeOnDisk)
{
    /// <summary>Names that the file has (hard links); 1 where the system does not tell.</summary>
    public uint LinkCount { get; init; } = 1;

    /// <summary>The owner's number on Unix.</summary>
    public uint UserId { get; init; }

    /// <summary>The group's number on Unix.</summary>
    public uint GroupId { get; init; }

    /// <summary>Of a device its major number; 0 where the system does not tell.</summary>
    public uint DeviceMajor { get; init; }

    /// <summary>Of a device its minor number.</summary>
    public uint DeviceMinor { get; init; }

    /// <summary>The permission bits on Unix.</summary>
    public uint Mode { get; init; }
}
