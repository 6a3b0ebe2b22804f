using VhdPS.Engine.Checking;


namespace VhdPS;

/// <summary>Whether an image keeps one rule of the program or service that it was checked for.</summary>
public sealed class VpcRuleVerdict
{
    internal VpcRuleVerdict(RuleVerdict verdict)
    {
        Rule = verdict.Rule.ToString();
        Holds = verdict.Holds;
        Expected = verdict.Expected;
        Actual = verdict.Actual;
        Mend = Holds ? string.Empty : AdviceCatalog.ActionFor(verdict.Rule);
    }

    /// <summary>The fault that breaking the rule is.</summary>
    public string Rule { get; }

    /// <summary>Whether it is kept.</summary>
    public bool Holds { get; }

    /// <summary>What the rule wants.</summary>
    public string Expected { get; }

    /// <summary>What the image has.</summary>
    public string Actual { get; }

    /// <summary>What would make it hold; empty where it does.</summary>
    public string Mend { get; }

    /// <inheritdoc/>
    public override string ToString() => Holds ? $"{Rule}: kept" : $"{Rule}: {Actual}, wanted {Expected}. {Mend}";
}
