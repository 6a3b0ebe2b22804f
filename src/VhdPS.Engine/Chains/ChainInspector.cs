using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Chains;

/// <summary>Describes chains by headers alone; what is wrong with one is a state and no exception.</summary>
public static class ChainInspector
{
    /// <summary>The levels from an image to its root, or to the first parent that cannot be used.</summary>
    /// <exception cref="FileNotFoundException">The image itself is not there.</exception>
    /// <exception cref="ImageInUseException">A writer has the image itself open.</exception>
    /// <exception cref="VhdFormatException">The image itself is too small to hold anything.</exception>
    public static IReadOnlyList<ChainLevel> Describe(string path, ParentPolicy? policy = null)
    {
        using var file = LocalImageFile.OpenRead(path);
        return Describe(file, ChainImage.Read(file), policy);
    }

    /// <summary>The one level of a raw disk, a file or a device.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    /// <exception cref="VhdOperationException">It is a device that is mounted for writing.</exception>
    internal static IReadOnlyList<ChainLevel> DescribeRaw(string path)
    {
        using ImageFile file = DeviceFile.IsDevice(path) ? DeviceFile.Open(path, force: false) : LocalImageFile.OpenRead(path);
        return [new(0, file.Path, ChainState.Ok, true, string.Empty, null, []) { RawSizeBytes = file.Length }];
    }

    /// <summary>The levels from an image to its root, or to the first parent that cannot be used.</summary>
    internal static IReadOnlyList<ChainLevel> Describe(ImageFile file, ImageLayout layout, ParentPolicy? policy = null) =>
        Describe(file, ChainImage.Of(file, layout), policy);

    /// <summary>The levels from an image to its root, or to the first parent that cannot be used.</summary>
    internal static IReadOnlyList<ChainLevel> Describe(ImageFile file, ChainImage image, ParentPolicy? policy = null)
    {
        Finding? refusal = image.Refusal;
        var levels = new List<ChainLevel>
        {
            new(0, file.Path, refusal is null ? ChainState.Ok : ChainState.Damaged, false, refusal?.Describe() ?? string.Empty, refusal, [])
            {
                Image = image,
            },
        };
        if (!image.HasParent)
        {
            return levels;
        }

        foreach (ParentSearch search in ChainWalk.Follow(file, image, policy ?? ParentPolicy.Default, LayoutOptions.Default))
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
                    Image = search.Image,
                    Error = search.Error,
                    TimeStampNote = search.Path is { } found && search.State == ChainState.Ok
                        ? search.Child.Image.CompareParentTime(NamedFile.ModifiedUtc(found)) : null,
                });
            }
        }

        return levels;
    }
}
