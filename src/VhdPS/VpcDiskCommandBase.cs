using System.Management.Automation;
using VhdPS.Engine.Chains;

namespace VhdPS;

/// <summary>
/// A cmdlet that reads the disks in its files: for differencing images it says where their parents may be and what proves
/// them. What an image stores about its parent is untrusted.
/// </summary>
public abstract class VpcDiskCommandBase : VpcPathCommandBase
{
    /// <summary>The parent of the image, whatever the image stores.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string? ParentPath { get; set; }

    /// <summary>Folders in which parents are looked for besides the image's own, with what lies beneath them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FolderCompleter))]
    public string[] ParentSearchPath { get; set; } = [];

    /// <summary>Opens the parent that the image names wherever it lies; network and device paths are never followed.</summary>
    [Parameter]
    public SwitchParameter FollowParentPath { get; set; }

    /// <summary>Takes a parent whose unique id is not the one that the image stores.</summary>
    [Parameter]
    public SwitchParameter IgnoreIdMismatch { get; set; }

    /// <summary>Takes the parent of an image that stores no parent id for a raw disk.</summary>
    [Parameter]
    public SwitchParameter RawParent { get; set; }

    private protected override IReadOnlyList<string> ChildSearchFolders => ResolveParents().SearchFolders;

    /// <summary>Where parents may be.</summary>
    protected ParentPolicy ResolveParents() => ParentArguments.ToPolicy(
        new PathResolver(SessionState.Path), ParentPath, ParentSearchPath, FollowParentPath, IgnoreIdMismatch, RawParent);

    /// <summary>Says of each partition what of its free space counts as zeros, or why it is left.</summary>
    private protected void ReportFreeSpace(string path, IEnumerable<VpcFreeSpace> partitions)
    {
        foreach (VpcFreeSpace partition in partitions)
        {
            ReportStep($"{path}: {partition}");
        }
    }
}
