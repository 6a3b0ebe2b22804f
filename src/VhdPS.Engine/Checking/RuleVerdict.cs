using VhdPS.Engine.Format;


namespace VhdPS.Engine.Checking;

/// <summary>Whether an image keeps one rule of a target.</summary>
/// <param name="Rule">The fault that breaking it would be.</param>
/// <param name="IsMet">Whether it is met.</param>
/// <param name="Expected">What the rule wants.</param>
/// <param name="Actual">What the image has.</param>
public sealed record RuleVerdict(FaultCode Rule, bool IsMet, string Expected, string Actual);
