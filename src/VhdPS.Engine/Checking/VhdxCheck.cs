using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Checking;

/// <summary>The check of a VHDX: its structures by its own checker, its chain and the rules of a target as those of a VHD.</summary>
internal static class VhdxCheck
{
    /// <summary>Checks an open file.</summary>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static CheckReport Run(
        ImageFile file, CheckOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        void Begin(string step) => progress?.Report(new WorkProgress(0, 0) { Step = step });
        Begin("Checking headers, log, regions, metadata and the entries of the table");
        VhdxCheckReport structures = VhdxChecker.Check(file, options.FindingLimit, progress, cancellation);
        var log = new FindingLog(options.FindingLimit);
        var image = ChainImage.Of(structures.Layout);
        if (image is { HasParent: true, Refusal: null } && options.Parents is { } policy)
        {
            Begin("Looking for the parents");
            ChainCheck.Run(file, image, policy, log);
        }

        if (options.PartitionTable && image.Refusal is null)
        {
            Begin("Reading the partition table");
            PartitionTableCheck.Run(file, image.HasParent, options, log);
        }

        if (options.Target != CheckTarget.Any)
        {
            Begin($"Judging the rules of {options.Target}");
        }

        IReadOnlyList<RuleVerdict> verdicts = TargetRules.JudgeVhdx(file, options.Target, log);
        return new CheckReport
        {
            Path = file.Path,
            Target = options.Target,
            Findings = [.. structures.Findings, .. log.Close()],
            ErrorCount = structures.ErrorCount + log.Count(Severity.Error),
            WarningCount = structures.WarningCount + log.Count(Severity.Warning),
            NoteCount = structures.NoteCount + log.Count(Severity.Note),
            Verdicts = verdicts,
            ReaderSizes = [],
            Layout = null,
            LeakedBytes = structures.UnusedBytes,
        };
    }
}
