using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Chains;

/// <summary>The parents of a differencing image from the nearest to the root, open for reading and shared.</summary>
internal sealed class ParentChain : IDisposable
{
    /// <summary>What the tables of all parents together may take: 128 levels of 2 TiB in blocks of 2 MiB.</summary>
    private const long MaxTableEntries = 128L * 1024 * 1024;

    private readonly List<DiskLevel> _levels = [];

    private ParentChain()
    {
    }

    public IReadOnlyList<DiskLevel> Levels => _levels;

    /// <summary>Finds and opens all parents.</summary>
    /// <exception cref="VhdFormatException">A parent is missing, has another id, is damaged, or the chain goes round.</exception>
    /// <exception cref="ImageInUseException">A writer has a parent open.</exception>
    public static ParentChain Open(ImageFile leaf, ImageLayout layout, VhdOpenOptions options)
    {
        var chain = new ParentChain();
        try
        {
            var layoutOptions = new LayoutOptions
            {
                SizeRule = options.SizeRule,
                Force = options.Force,
                ReadsCutTable = options.Force,
            };
            long entries = 0;
            foreach (ParentSearch search in ChainWalk.Follow(leaf, ChainImage.Of(leaf, layout), options.Parents, layoutOptions))
            {
                search.ThrowIfUnusable();
                DiskLevel level = search.Image?.Vhd is { } parent
                    ? new DiskLevel(
                        search.File!, LargerSize.Widen(search.File!, parent, layoutOptions), search.Path!,
                        options.IgnoreBitmap, options.Force)
                    : new DiskLevel(search.File!, search.Path!);
                chain._levels.Add(level);
                entries += level.BlockCount;
                if (entries > MaxTableEntries)
                {
                    throw new VhdFormatException(leaf.Path, new Finding(
                        FaultCode.ChainTooDeep,
                        VhdStructure.Chain,
                        null,
                        Invariant($"at most {MaxTableEntries}"),
                        Invariant($"{entries}"),
                        "The tables of the chain have more entries than are kept in memory."));
                }
            }

            return chain;
        }
        catch
        {
            chain.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a result that was read from parents which are no longer what they were when they were opened.</summary>
    /// <exception cref="ImageInUseException">Another program has changed or replaced one.</exception>
    public void ThrowIfChanged() => _levels.ForEach(level => level.ThrowIfChanged());

    public void Dispose()
    {
        foreach (DiskLevel level in _levels)
        {
            level.Dispose();
        }
    }
}
