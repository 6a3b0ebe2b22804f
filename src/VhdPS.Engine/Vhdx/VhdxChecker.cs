using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Looks at everything that a VHDX file says about itself, and at what opening refuses too. Reads only, and not the data of
/// blocks; memory is bounded whatever the size of the table.
/// </summary>
internal static class VhdxChecker
{
    /// <summary>The most findings of one code that are listed; the others are counted.</summary>
    public const int DefaultFindingLimit = 1000;

    /// <summary>Checks an open file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="findingLimit">The most findings of one code that are listed.</param>
    /// <param name="progress">Is told how much of the table has been looked at.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static VhdxCheckReport Check(
        ImageFile file, int findingLimit = DefaultFindingLimit, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var log = new FindingLog(findingLimit);
        var layout = VhdxLayout.Read(file);
        foreach (Finding finding in layout.Findings)
        {
            log.Add(finding);
        }

        VhdxTableCheck? table = null;
        if (layout.Metadata is not null && layout.Table is not null && layout.FindBlockingFinding(force: true) is null)
        {
            table = new VhdxTableCheck(layout.Replay(file), layout, log, findingLimit);
            table.Run(progress, cancellation);
        }

        return new VhdxCheckReport
        {
            Layout = layout,
            Findings = log.Close(),
            ErrorCount = log.Count(Severity.Error),
            WarningCount = log.Count(Severity.Warning),
            NoteCount = log.Count(Severity.Note),
            AllocatedBlockCount = table?.AllocatedBlockCount ?? 0,
            UnusedBytes = table?.UnusedBytes ?? 0,
        };
    }
}
