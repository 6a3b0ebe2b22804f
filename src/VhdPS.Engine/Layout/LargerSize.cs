using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>
/// The larger of a footer's two sizes, where the file covers it: what lies between them is data to readers that go by the
/// larger one, and to a child that is as large. Whoever rearranges a file must keep it, whoever reads a parent must show it.
/// </summary>
internal static class LargerSize
{
    /// <summary>The rule that gives the larger size.</summary>
    /// <param name="file">The file.</param>
    /// <param name="requested">What the caller asks for, which holds unless it is <see cref="SizeRule.Auto"/>.</param>
    public static SizeRule RuleFor(ImageFile file, SizeRule requested = SizeRule.Auto)
    {
        if (requested != SizeRule.Auto)
        {
            return requested;
        }

        var layout = ImageLayout.Read(file);
        return ReferenceEquals(Widen(file, layout, LayoutOptions.Default), layout) ? SizeRule.Auto : SizeRule.CurrentSize;
    }

    /// <summary>The layout by the larger size; the given one where it has that already, or the other cannot be read.</summary>
    /// <param name="file">The file.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="options">How it was read; a rule other than <see cref="SizeRule.Auto"/> is kept.</param>
    public static ImageLayout Widen(ImageFile file, ImageLayout layout, LayoutOptions options)
    {
        if (options.SizeRule != SizeRule.Auto || layout.StoredFooter is null || layout.Size.SizeBytes >= layout.Footer.CurrentSize)
        {
            return layout;
        }

        ImageLayout wide = ImageLayout.Read(file, options with { SizeRule = SizeRule.CurrentSize });
        return wide.FindBlockingFinding(forWriting: false) is null ? wide : layout;
    }
}
