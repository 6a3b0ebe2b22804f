using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Resize;

namespace VhdPS;

/// <summary>What Resize-VpcImage would do.</summary>
public sealed class VpcResizePlan : VpcPlan
{
    private readonly ResizePlan _plan;

    internal VpcResizePlan(string changes, ResizePlan plan)
        : base(plan.Path, changes)
    {
        _plan = plan;
        FreeSpaceNeeded = Math.Max(0, plan.NewFileLength - plan.OldFileLength);
        BytesWritten = plan.WrittenBytes;
    }

    /// <summary>The type of the image.</summary>
    public VhdType VhdType => _plan.VhdType;

    /// <summary>The virtual size now, in bytes.</summary>
    public long SizeBefore => _plan.OldSizeBytes;

    /// <summary>The virtual size afterwards, in bytes.</summary>
    public long SizeAfter => _plan.NewSizeBytes;

    /// <summary>Length of the file now, in bytes.</summary>
    public long FileSizeBefore => _plan.OldFileLength;

    /// <summary>Length of the file afterwards, in bytes.</summary>
    public long FileSizeAfter => _plan.NewFileLength;

    /// <summary>Blocks that would move out of the way of a longer table.</summary>
    public int MovedBlocks => _plan.MovedBlockCount;

    /// <summary>Blocks with data that no table entry names; they stay in the file.</summary>
    public int LostBlocks => _plan.LostBlockCount;

    /// <summary>The last sector with data that would be cut off; null where none is.</summary>
    public long? LostSector => _plan.LostSector;
}
