using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Layout;

/// <summary>Which of a footer's two sizes an operation goes by that rearranges the file.</summary>
internal static class LargerSize
{
    /// <summary>
    /// The rule that gives the larger of the two sizes, where the file covers it: what lies between them is data to readers
    /// that go by the larger one and must be kept.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="requested">What the caller asks for, which holds unless it is <see cref="SizeRule.Auto"/>.</param>
    public static SizeRule RuleFor(ImageFile file, SizeRule requested = SizeRule.Auto)
    {
        if (requested != SizeRule.Auto)
        {
            return requested;
        }

        var layout = ImageLayout.Read(file);
        if (layout.StoredFooter is null || layout.Size.SizeBytes >= layout.Footer.CurrentSize)
        {
            return SizeRule.Auto;
        }

        var wide = ImageLayout.Read(file, new LayoutOptions { SizeRule = SizeRule.CurrentSize });
        return wide.FindBlockingFinding(forWriting: false) is null ? SizeRule.CurrentSize : SizeRule.Auto;
    }
}
