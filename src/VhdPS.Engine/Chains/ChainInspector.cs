using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Chains;

/// <summary>Describes chains by headers alone; what is wrong with one is a state and no exception.</summary>
public static class ChainInspector
{
    private const int TimeToleranceSeconds = 2;

    /// <summary>The levels from an image to its root, or to the first parent that cannot be used.</summary>
    /// <exception cref="FileNotFoundException">The image itself is not there.</exception>
    /// <exception cref="ImageInUseException">A writer has the image itself open.</exception>
    /// <exception cref="VhdFormatException">The image itself is too small to hold anything.</exception>
    public static IReadOnlyList<ChainLevel> Describe(string path, ParentPolicy? policy = null)
    {
        using var file = LocalImageFile.OpenRead(path);
        return Describe(file, ImageLayout.Read(file), policy);
    }

    /// <summary>The levels from an image to its root, or to the first parent that cannot be used.</summary>
    internal static IReadOnlyList<ChainLevel> Describe(ImageFile file, ImageLayout layout, ParentPolicy? policy = null)
    {
        Finding? refusal = layout.FindBlockingFinding(forWriting: false);
        var levels = new List<ChainLevel>
        {
            new(0, file.Path, refusal is null ? ChainState.Ok : ChainState.Damaged, false, refusal?.Describe() ?? string.Empty, refusal, [])
            {
                Layout = layout,
            },
        };
        if (layout.StoredFooter is null)
        {
            return levels;
        }

        foreach (ParentSearch search in ChainWalk.Follow(file, layout, policy ?? ParentPolicy.Default, LayoutOptions.Default))
        {
            using (search)
            {
                levels.Add(new ChainLevel(
                    levels.Count,
                    search.Path ?? search.Child.ParentName,
                    search.State,
                    search.IsRaw,
                    search.Finding?.Describe() ?? search.Error?.Message ?? string.Empty,
                    search.Finding,
                    search.Tried)
                {
                    Layout = search.Layout,
                    Error = search.Error,
                    TimeStampNote = search.Path is { } found && search.State == ChainState.Ok ? CompareTime(search.Child, found) : null,
                });
            }
        }

        return levels;
    }

    private static Finding? CompareTime(ChainChild child, string parentPath)
    {
        uint stored = child.Layout.Header!.ParentTimeStampSeconds, actual = VhdSpec.ToTimeStamp(NamedFile.ModifiedUtc(parentPath));
        return stored == 0 || Math.Abs((long)stored - actual) <= TimeToleranceSeconds
            ? null
            : new Finding(
                FaultCode.ParentTimeStampDiffers,
                VhdStructure.DynamicHeader,
                (long)child.Layout.Footer.DataOffset + DynamicDiskHeader.ParentTimeStampAt,
                Invariant($"{VhdSpec.Epoch.AddSeconds(actual):u}"),
                Invariant($"{VhdSpec.Epoch.AddSeconds(stored):u}"),
                "The parent was modified after the image was made, by the time stamps.");
    }
}
