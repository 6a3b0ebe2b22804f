using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>
/// The one place that says in PowerShell's words what an error id means and what to do: error records, findings, completion and
/// about_VpcErrors are made from it.
/// </summary>
internal static partial class AdviceCatalog
{
    private const string NotProven = "The file does not prove what would be right: copy it again from its source, or read what is there "
        + "with Convert-VpcImage -Salvage.";

    /// <summary>Stands in an action for the command that failed.</summary>
    public const string CommandPlaceholder = "CMDLET";

    /// <summary>What to do where it is this session that has the file open.</summary>
    public const string OpenHereAction = "Where an earlier command of the pipeline still reads it, put that command in parentheses, so "
        + "that it ends first; what a server offers is free after Stop-VpcServer.";

    /// <summary>What is known of an error id, a fault's or another error's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No error has that id.</exception>
    public static Advice Of(string id) =>
        Faults.TryGetValue(id, out Advice? advice) || Errors.TryGetValue(id, out advice)
            ? advice
            : throw new ArgumentOutOfRangeException(nameof(id), id, "There is no such error.");

    /// <summary>What to do about a fault.</summary>
    public static string ActionFor(FaultCode code) => Of(code.ToString()).Action;

    /// <summary>What to do about a fault of one image: what a repair of that image would really come to.</summary>
    public static string ActionFor(Finding finding) =>
        finding.NeedsRebuild ? "Run Repair-VpcImage -RebuildTable, which names the block in the table again."
        : FaultCatalog.Of(finding.Code).IsRepairable && !finding.IsRepairable ? Of(finding.Code.ToString()).Otherwise ?? NotProven
        : ActionFor(finding.Code);

    /// <summary>The parameter that goes on all the same, for the end of an error's message; null where none does.</summary>
    public static string? HintFor(VhdOperationException error) => error.Code switch
    {
        OperationError.UndoFileExists => "-Backup names another.",
        OperationError.HardLinked => "-InPlace changes it in place.",
        OperationError.OwnerNotKept => "-InPlace changes it in place, -Force continues.",
        OperationError.LostBlocksPresent => "Repair-VpcImage -RebuildTable names what it can in the table, -DropLostBlock drops them.",
        _ when !error.IsOverridable => null,
        OperationError.TargetExists => "-Force replaces it.",
        OperationError.NotEnoughSpace => "-Force tries anyway.",
        OperationError.DataWouldBeLost => "-Force drops it.",
        OperationError.StateSaved => "shut the machine down, or use -Force.",
        _ => "-Force continues.",
    };

    /// <summary>What a fault prevents, a sentence.</summary>
    public static string EffectOf(FaultCode code) => Of(code.ToString()).Effect ?? FaultCatalog.Of(code).Effect switch
    {
        FaultEffect.None => "The image can be read and written.",
        FaultEffect.BlockUnreadable => "The block that it names cannot be read; all others can.",
        FaultEffect.ReadOnly => "The image can be read, and not be written until this is repaired.",
        FaultEffect.UnreadableUnlessForced => "The image is refused unless -Force is given.",
        _ => "The image is refused.",
    };
}
