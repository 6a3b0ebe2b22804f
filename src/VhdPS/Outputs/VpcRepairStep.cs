using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;


namespace VhdPS;

/// <summary>One finding and what a repair made of it.</summary>
public sealed class VpcRepairStep : VpcObject
{
    internal VpcRepairStep(string path, RepairStep step)
        : base(path)
    {
        Code = step.Finding.Code.ToString();
        Severity = step.Finding.Severity.ToString();
        Outcome = step.Outcome == RepairOutcome.Repair ? "Repaired" : step.Outcome.ToString();
        Description = step.Description.Length > 0
            ? PrintableText.Escape(step.Description)
            : AdviceCatalog.ActionFor(step.Finding);
        Structure = step.Finding.Structure.ToString();
        FileOffset = step.Finding.FileOffset;
        Block = step.Finding.BlockIndex;
        Message = step.Finding.Message;
    }

    /// <summary>The fault.</summary>
    public string Code { get; }

    /// <summary>Error, Warning or Note.</summary>
    public string Severity { get; }

    /// <summary>Repaired, NotSelected, NotProven or NotRepairable.</summary>
    public string Outcome { get; }

    /// <summary>What was done and by which evidence, or why nothing was.</summary>
    public string Description { get; }

    /// <summary>The part of the image.</summary>
    public string Structure { get; }

    /// <summary>Bytes from the start of the file, where there is one place.</summary>
    public long? FileOffset { get; }

    /// <summary>The block that it is about, where there is one.</summary>
    public long? Block { get; }

    /// <summary>What was wrong.</summary>
    public string Message { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Outcome} {Code}: {Description}";
}
