using System.Collections.ObjectModel;
using VhdPS.Engine.Disks;

namespace VhdPS;

/// <summary>What Convert-VpcImage would do.</summary>
public sealed class VpcConvertPlan : VpcPlan
{
    internal VpcConvertPlan(
        string imagePath,
        string changes,
        string targetPath,
        DiskFormat vhdType,
        long size,
        long bytesWritten,
        long freeSpaceNeeded,
        string? deletes,
        IEnumerable<VpcFreeSpace>? freeSpace = null)
        : base(imagePath, changes)
    {
        TargetPath = targetPath;
        VhdType = vhdType;
        Size = size;
        BytesWritten = bytesWritten;
        FreeSpaceNeeded = freeSpaceNeeded;
        FreeSpace = new([.. freeSpace ?? []]);
        Deletes = new(deletes is null ? [] : [deletes]);
    }

    /// <summary>The file that would be made, or changed.</summary>
    public string TargetPath { get; }

    /// <summary>What it would be.</summary>
    public DiskFormat VhdType { get; }

    /// <summary>Its virtual size in bytes.</summary>
    public long Size { get; }

    /// <summary>With -FreeSpace, what of each partition counts as zeros, and why the others are left; empty without it.</summary>
    public ReadOnlyCollection<VpcFreeSpace> FreeSpace { get; }
}
