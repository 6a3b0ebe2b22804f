using VhdPS.Engine.Chains;

namespace VhdPS;

/// <summary>Warns, once for a command, of a child linked to a parent where commands do not look by themselves.</summary>
internal sealed class DistantParent
{
    private bool _isSaid;

    /// <summary>The warning for an image that was just linked; null where its parent is found, and where it was said already.</summary>
    public string? WarningOf(string childPath)
    {
        if (_isSaid || ReadLevels(childPath) is not [_, { State: ChainState.NotFollowed }, ..])
        {
            return null;
        }

        _isSaid = true;
        return $"{childPath}: the parent lies outside the image's folder, where what an image stores is not followed: give "
            + "-FollowParentPath, or the parent's folder as -ParentSearchPath, to the commands that read the image.";
    }

    /// <summary>What cannot be read is no reason for a warning: the command itself reports it.</summary>
    private static IReadOnlyList<ChainLevel> ReadLevels(string path)
    {
        try
        {
            return ChainInspector.Describe(path);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
