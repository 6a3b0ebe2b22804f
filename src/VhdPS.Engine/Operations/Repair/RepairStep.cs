using VhdPS.Engine.Format;


namespace VhdPS.Engine.Operations.Repair;

/// <summary>One finding and what becomes of it.</summary>
/// <param name="Finding">What was found.</param>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Description">What is done and by which evidence, or why nothing is.</param>
public sealed record RepairStep(Finding Finding, RepairOutcome Outcome, string Description);
