using VhdPS.Engine.Chains;


namespace VhdPS;

/// <summary>What a user says about the parents of differencing images, as the engine's policy.</summary>
internal static class ParentArguments
{
    /// <summary>Resolves the paths against the session's location.</summary>
    public static ParentPolicy ToPolicy(
        PathResolver resolver, string? parentPath, string[] searchPath, bool followParentPath, bool ignoreIdMismatch,
        bool rawParent) => new()
        {
            ParentPath = parentPath is null ? null : resolver.ResolveLiteral(parentPath),
            SearchFolders = [.. searchPath.Select(resolver.ResolveLiteral)],
            FollowParentPath = followParentPath,
            IgnoreIdMismatch = ignoreIdMismatch,
            RawParent = rawParent,
        };
}
