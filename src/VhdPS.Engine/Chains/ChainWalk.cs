using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Chains;

/// <summary>Follows a chain from an image to its root, one level a step, without recursion.</summary>
internal static class ChainWalk
{
    /// <summary>
    /// The search for each parent in turn; the last one is the root's, or of a parent that cannot be used. The caller owns
    /// what it is given, and may close it before it asks for the next.
    /// </summary>
    public static IEnumerable<ParentSearch> Follow(ImageFile leaf, ChainImage image, ParentPolicy policy, LayoutOptions options)
    {
        if (!image.HasParent)
        {
            yield break;
        }

        var finder = new ParentFinder(leaf.Path, leaf.Identity, policy, options, new RealPaths());
        var child = new ChainChild(leaf.Path, image);
        for (int depth = 1; child is not null; depth++)
        {
            if (depth >= ParentPolicy.MaxDepth)
            {
                yield return TooDeep(child);
                yield break;
            }

            ParentSearch search = finder.Find(child);
            if (search.File is { } parent)
            {
                parent.RateLimit = leaf.RateLimit;
            }

            child = search.Next;
            yield return search;
        }
    }

    private static ParentSearch TooDeep(ChainChild child) => new(child)
    {
        State = ChainState.TooDeep,
        Finding = new Finding(
            FaultCode.ChainTooDeep,
            VhdStructure.Chain,
            null,
            Invariant($"at most {ParentPolicy.MaxDepth} levels"),
            "more",
            "The chain has more levels than are followed."),
    };
}
