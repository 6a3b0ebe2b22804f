using VhdPS.Engine.Chains;

namespace VhdPS.Engine.Operations.Set;

/// <summary>What of an image's footer and header is to change; null: as it is.</summary>
/// <param name="Path">The image.</param>
public sealed record SetImageOptions(string Path)
{
    /// <summary>The new parent of a differencing image.</summary>
    public string? ParentPath { get; init; }

    /// <summary>Take a parent with another unique id than the stored one, and store its id.</summary>
    public bool IgnoreIdMismatch { get; init; }

    /// <summary>Take the new parent for a raw disk, whatever its bytes look like: the image stores no parent id then.</summary>
    public bool IsParentRaw { get; init; }

    /// <summary>The new identity, not all zeros.</summary>
    public Guid? UniqueId { get; init; }

    /// <summary>At most four characters.</summary>
    public string? CreatorApplication { get; init; }

    /// <summary>Whether a machine's state is saved with the image.</summary>
    public bool? SavedState { get; init; }

    /// <summary>The time of making.</summary>
    public DateTime? TimeStamp { get; init; }

    /// <summary>Answers what depends on the image; null: an index for this call alone. A batch shares one.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>Change the unique id or the parent of an image although others depend on it.</summary>
    public bool Force { get; init; }

    /// <summary>Whether nothing is to change.</summary>
    public bool IsEmpty => (ParentPath, UniqueId, CreatorApplication, SavedState, TimeStamp) is (null, null, null, null, null);
}
