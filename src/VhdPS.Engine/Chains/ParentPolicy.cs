namespace VhdPS.Engine.Chains;

/// <summary>
/// Where the parent of a differencing image may be looked for and what proves it. What an image stores about its parent is
/// untrusted: by default only the image's own folder and what lies beneath it is looked at, and only an equal unique id proves.
/// Of a stored path that leads elsewhere nothing is asked but whether a file is there.
/// </summary>
public sealed record ParentPolicy
{
    /// <summary>Levels of a chain that are followed, the image itself included.</summary>
    public const int MaxDepth = 1024;

    /// <summary>The image's own folder, proof by unique id.</summary>
    public static readonly ParentPolicy Default = new();

    /// <summary>Folders in which parents are looked for as well, with what lies beneath them.</summary>
    public IReadOnlyList<string> SearchFolders { get; init; } = [];

    /// <summary>Open what a stored path names wherever it lies, but for network and device paths, which are never followed.</summary>
    public bool FollowParentPath { get; init; }

    /// <summary>The file that is the parent of the image at the top, whatever the image stores; null: look for it.</summary>
    public string? ParentPath { get; init; }

    /// <summary>Take a parent whose unique id is not the stored one, or an image that stores none, where nothing better is found.</summary>
    public bool IgnoreIdMismatch { get; init; }

    /// <summary>
    /// Take the parent of an image that stores no parent id for a raw disk; with <see cref="ParentPath"/> and
    /// <see cref="IgnoreIdMismatch"/>, that file whatever the image stores.
    /// </summary>
    public bool RawParent { get; init; }
}
