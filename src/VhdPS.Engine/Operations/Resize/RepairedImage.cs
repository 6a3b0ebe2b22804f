using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Operations.Resize;

/// <summary>Opens images for operations that can be cut off and run again: what they leave of the footers is put in order first.</summary>
internal static class RepairedImage
{
    /// <summary>Opens an image for writing and owns the file from then on, also when it is refused.</summary>
    /// <param name="file">The file, open for writing.</param>
    /// <param name="options">How to open it.</param>
    /// <param name="isRepaired">Whether there was something to put in order.</param>
    /// <exception cref="Format.VhdFormatException">Its content does not allow it.</exception>
    public static VhdImage Open(ImageFile file, VhdOpenOptions options, out bool isRepaired)
    {
        try
        {
            var layout = ImageLayout.Read(file, new LayoutOptions { SizeRule = options.SizeRule });
            isRepaired = TryRepair(file, layout);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return VhdImage.Open(file, options);
    }

    /// <summary>Whether there is something to put in order, and it can be.</summary>
    public static bool CanRepair(ImageFile file, ImageLayout layout) =>
        FooterWriter.CanRepair(file, layout) || FixedResize.CanRepair(file, layout);

    /// <summary>Puts in order what an operation that was cut off has left of the footers.</summary>
    /// <returns>Whether there was anything; the layout is not that of the file any more.</returns>
    public static bool TryRepair(ImageFile file, ImageLayout layout) =>
        FooterWriter.TryRepair(file, layout) || FixedResize.TryRepair(file, layout);

    /// <summary>Refuses what <see cref="Open"/> would refuse, looking only.</summary>
    /// <param name="image">The image, open for reading.</param>
    /// <param name="file">Its file.</param>
    /// <returns>Whether there is something to put in order.</returns>
    /// <exception cref="Format.VhdFormatException">Its content does not allow it.</exception>
    public static bool Check(VhdImage image, ImageFile file)
    {
        ImageLayout layout = image.Layout;
        bool isRepair = CanRepair(file, layout);
        if (layout.FindBlockingFinding(forWriting: true) is { } refusal && !isRepair)
        {
            throw new Format.VhdFormatException(layout.Path, refusal);
        }

        if (image.Map.Table is { } table && TableScan.FindOverlap(layout, table) is { } overlap)
        {
            throw new Format.VhdFormatException(layout.Path, overlap);
        }

        return isRepair;
    }
}
