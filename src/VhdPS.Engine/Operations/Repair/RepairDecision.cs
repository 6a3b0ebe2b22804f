namespace VhdPS.Engine.Operations.Repair;

/// <summary>What becomes of a finding, and why.</summary>
internal readonly record struct RepairDecision(RepairOutcome Outcome, string Description)
{
    /// <summary>It is mended, by the evidence that <paramref name="description"/> names.</summary>
    public static RepairDecision Repair(string description) => new(RepairOutcome.Repair, description);

    /// <summary>It stays.</summary>
    public static RepairDecision NotProven(string description) => new(RepairOutcome.NotProven, description);
}
