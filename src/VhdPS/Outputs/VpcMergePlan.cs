using VhdPS.Engine.Operations.Merge;

namespace VhdPS;

/// <summary>What Merge-VpcImage would do.</summary>
public sealed class VpcMergePlan : VpcPlan
{
    private readonly MergePlan _plan;

    internal VpcMergePlan(string imagePath, string changes, MergePlan plan)
        : base(imagePath, changes)
    {
        _plan = plan;
        Sources = new([.. plan.SourcePaths]);
        BytesWritten = plan.DataBytes;
        FreeSpaceNeeded = plan.NeededBytes;
        Deletes = new([.. plan.DeletedPaths]);
    }

    /// <summary>The file that would hold the merged disk.</summary>
    public string TargetPath => _plan.TargetPath;

    /// <summary>Whether it would be made, and all others left as they are.</summary>
    public bool IsNewFile => _plan.IsNewFile;

    /// <summary>The images that would be merged, the child first.</summary>
    public VpcList<string> Sources { get; }

    /// <summary>The target's virtual size now, in bytes.</summary>
    public long SizeBefore => _plan.OldSizeBytes;

    /// <summary>The target's virtual size afterwards, in bytes.</summary>
    public long SizeAfter => Math.Max(_plan.OldSizeBytes, _plan.NewSizeBytes);
}
