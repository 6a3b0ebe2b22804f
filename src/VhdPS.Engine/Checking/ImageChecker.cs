using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Checking;

/// <summary>
/// Looks at everything that a file says about itself, and at what opening refuses too. Reads only; memory is bounded by the
/// table.
/// </summary>
public static class ImageChecker
{
    /// <summary>Checks a file of the machine.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static CheckReport Check(
        string path, CheckOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var file = LocalImageFile.OpenRead(path);
        return Check(file, options, progress, cancellation);
    }

    /// <summary>Checks an open file.</summary>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    internal static CheckReport Check(
        ImageFile file, CheckOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new CheckOptions();
        if (IsVhdx(file))
        {
            return VhdxCheck.Run(file, options, progress, cancellation);
        }

        var log = new FindingLog(options.FindingLimit);
        void Begin(string step) => progress?.Report(new WorkProgress(0, 0) { Step = step });
        Begin("Checking footers, header, locators and sizes");
        ImageLayout? layout = LayoutCheck.Run(file, options, log);
        long leakedBytes = 0;
        if (layout is { BlockSize: > 0 })
        {
            Begin($"Checking the {layout.BlockCount} entries of the table");
            var tableCheck = TableCheck.Run(file, layout, log, cancellation);
            leakedBytes = tableCheck.LeakedBytes;
            BatmapBits? batmap = BatmapCheck.Run(file, layout, log);
            if (options.Full)
            {
                Begin("Checking bitmaps, and the data that they say is not there");
                new BitmapCheck(file, layout, log, batmap).Run(tableCheck.Placed, progress, cancellation);
            }
        }

        if (layout is { StoredFooter: not null, VhdType: VhdType.Differencing, Header: not null } && options.Parents is { } policy)
        {
            Begin("Looking for the parents");
            ChainCheck.Run(file, ChainImage.Of(file, layout), policy, log);
        }

        if (options.PartitionTable && layout is { StoredFooter: not null })
        {
            Begin("Reading the partition table");
            PartitionTableCheck.Run(file, layout.VhdType == VhdType.Differencing, options, log);
        }

        if (options.Target != CheckTarget.Any)
        {
            Begin($"Judging the rules of {options.Target}");
        }

        IReadOnlyList<RuleVerdict> verdicts = TargetRules.Judge(file, layout, options.Target, log);
        return new CheckReport
        {
            Path = file.Path,
            Target = options.Target,
            Findings = log.Close(),
            ErrorCount = log.Count(Severity.Error),
            WarningCount = log.Count(Severity.Warning),
            NoteCount = log.Count(Severity.Note),
            Verdicts = verdicts,
            ReaderSizes = layout?.StoredFooter is { } stored ? ReaderSize.Of(stored.Footer) : [],
            Layout = layout,
            LeakedBytes = leakedBytes,
        };
    }

    /// <summary>Whether a file is judged as a VHDX; of one that may be either the check as a VHD says so.</summary>
    private static bool IsVhdx(ImageFile file)
    {
        try
        {
            return FormatProbe.Of(file) == VhdFormat.Vhdx;
        }
        catch (VhdFormatException)
        {
            return false;
        }
    }
}
