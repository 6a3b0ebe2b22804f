using VhdPS.Engine.Chains;


namespace VhdPS;

/// <summary>Draws the lines that lead to the names of a tree.</summary>
internal static class TreeLines
{
    private const string Corner = "\u2514\u2500 ";
    private const string Fork = "\u251C\u2500 ";
    private const string Through = "\u2502  ";
    private const string Open = "   ";

    /// <summary>A chain: each level hangs below its child.</summary>
    public static string ForChain(ChainLevel level) =>
        level.Depth == 0 ? Name(level) : string.Concat(Enumerable.Repeat(Open, level.Depth - 1)) + Corner + Name(level);

    /// <summary>All nodes of a forest from the top down with their lines, without recursion.</summary>
    public static IEnumerable<(ForestNode Node, string Tree)> ForForest(IEnumerable<ForestNode> roots)
    {
        var waiting =
            new Stack<(ForestNode Node, string Lines, string Beneath)>(roots.Reverse().Select(root => (root, string.Empty, string.Empty)));
        while (waiting.TryPop(out (ForestNode Node, string Lines, string Beneath) next))
        {
            yield return (next.Node, next.Lines + Name(next.Node.Level));
            for (int i = next.Node.Children.Count - 1; i >= 0; i--)
            {
                bool isLast = i == next.Node.Children.Count - 1;
                waiting.Push((next.Node.Children[i], next.Beneath + (isLast ? Corner : Fork), next.Beneath + (isLast ? Open : Through)));
            }
        }
    }

    private static string Name(ChainLevel level)
    {
        int at = level.Path.LastIndexOfAny(['/', '\\']);
        return level.Path[(at + 1)..];
    }
}
